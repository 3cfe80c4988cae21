/** Verdict: what is said of a mask, in the form of the object `quality` of the command's JSON. */

import type { Contrast } from "./contrast";
import { fixed, rounded } from "./numbers";
import type { Measures } from "./trees";

/** Whether a mask can be used without a look at it; `not judged`: nothing can be said, and the reason says why. */
export type Verdict = "pass" | "review" | "fail" | "not judged";

/** How far a mask can be trusted. */
export interface Quality {
  readonly verdict: Verdict;
  /** Why the verdict is not `pass`, the weightiest first: one sentence each. */
  readonly reasons: readonly string[];
  /** Dice coefficient that the mask would have with a right one; null if it was not judged. */
  readonly predictedDice: number | null;
  /** The true Dice lies above this for 95 % of scans like those of the calibration. */
  readonly lowerBound: number | null;
  /** 95 % of the mask's edge lies within this distance from the true border, for 95 % of such scans. */
  readonly marginMm: number | null;
  /** Kind of scan, as far as it can be guessed. */
  readonly contrast?: Contrast;
  /** What is unusual about the scan. */
  readonly findings: readonly string[];
  /** What the scan is like. */
  readonly input: Measures;
  /** What the mask is like. */
  readonly measures: Measures;
  /** Of all measures among clean scans with good masks, from 1 to 99. */
  readonly percentiles: Measures;
}

/** The object `quality` of the command's JSON: numbers of four digits, null for what is not known. */
export interface QualityRecord {
  predicted_dice: number | null;
  lower_bound: number | null;
  margin_mm: number | null;
  verdict: Verdict;
  reasons: string[];
  input: Record<string, number | string | null | string[]>;
  measures: Record<string, number | null>;
  percentiles: Record<string, number>;
}

const NOTHING = { predictedDice: null, lowerBound: null, marginMm: null, findings: [], input: {}, measures: {}, percentiles: {} };

/** Quality without numbers: of a mask that could not be judged, or of an empty one. */
export function withoutNumbers(verdict: Verdict, reason: string): Quality {
  return { ...NOTHING, verdict, reasons: [reason] };
}

export function toRecord(quality: Quality): QualityRecord {
  const isMeasured = Object.keys(quality.input).length > 0;
  const contrast = quality.contrast === undefined ? {} : { contrast: quality.contrast };
  return {
    predicted_dice: quality.predictedDice === null ? null : rounded(quality.predictedDice),
    lower_bound: quality.lowerBound === null ? null : rounded(quality.lowerBound),
    margin_mm: quality.marginMm === null ? null : rounded(quality.marginMm),
    verdict: quality.verdict,
    reasons: [...quality.reasons],
    input: isMeasured ? { ...contrast, findings: [...quality.findings], ...mapped(quality.input, rounded) } : {},
    measures: mapped(quality.measures, rounded),
    percentiles: mapped(quality.percentiles, (value) => Number(fixed(value, 0))),
  };
}

function mapped<Out>(measures: Measures, change: (value: number) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(measures).map(([name, value]) => [name, change(value)]));
}
