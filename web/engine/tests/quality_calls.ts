/** Calls of the quality, for the tests and the benchmark: JSON cannot hold a calibration, so it is read once and kept here. */

import { judgeMeasures as judge } from "../quality/assessment";
import { readCalibration, type Calibration, type CalibrationFiles } from "../quality/calibration";
import { channelsOf, windowOf } from "../quality/cells";
import { contrastOfMr, type Contrast } from "../quality/contrast";
import { askCritic } from "../quality/critic";
import { MaskEvidence } from "../quality/evidence";
import { findUnusual } from "../quality/findings";
import { judge as judgeStripped, type Stripped } from "../quality/judge";
import { inputMeasures, maskMeasures } from "../quality/measures/index";
import type { Measures } from "../quality/trees";
import { toRecord, type QualityRecord } from "../quality/verdict";
import type { Doubt, Effort, Evidence, Shape } from "../types";

type ModelName = "error" | "margin" | "head";
/** JSON has null for NaN. */
type Given = Readonly<Record<string, number | null>>;

const calibrations = new Map<Effort, Calibration>();
let critic: Uint8Array;

/** Reads both calibrations; comes first. */
export async function load(files: CalibrationFiles): Promise<void> {
  critic = files.critic;
  for (const effort of ["default", "thorough"] as const) calibrations.set(effort, await readCalibration(files, effort));
}

/** What the critic is shown of a mask. */
export function shown(given: Evidence): { shape: Shape; channels: Float32Array } | undefined {
  const window = windowOf(new MaskEvidence(given));
  return window && { shape: window.shape, channels: channelsOf(window) };
}

/** What the critic says of a mask. */
export function doubt(given: Evidence): Promise<Doubt | undefined> {
  return askCritic(critic, new MaskEvidence(given));
}

/** Measures a scan and its mask. */
export function measure(given: Evidence): { input: Measures; measures: Measures } {
  const evidence = new MaskEvidence(given);
  return { input: inputMeasures(evidence), measures: maskMeasures(evidence, calibration("default").shape) };
}

/** Judges the mask of a stripped scan, and says how long it took. */
export function judged(
  stripped: Stripped, effort: Effort, scanner?: Record<string, string>,
): QualityRecord & { seconds: number } {
  const start = performance.now();
  const quality = judgeStripped(stripped, calibration(effort), scanner);
  return { ...quality, seconds: (performance.now() - start) / 1000 };
}

export function judgeMeasures(scan: Given, mask: Given, effort: Effort): QualityRecord {
  return toRecord(judge(numbers(scan), numbers(mask), calibration(effort)));
}

export function predict(model: ModelName, measures: Given, effort: Effort): number {
  return calibration(effort)[model].predict(numbers(measures));
}

export function contributions(model: ModelName, measures: Given, effort: Effort): Measures {
  return calibration(effort)[model].contributions(numbers(measures));
}

export function percentiles(measures: Given): Measures {
  return calibration("default").percentiles(numbers(measures));
}

export function contrast(measures: Given): Contrast {
  return contrastOfMr(numbers(measures));
}

export function findings(measures: Given): readonly string[] {
  return findUnusual(numbers(measures)).map((finding) => finding.sentence);
}

function calibration(effort: Effort): Calibration {
  const found = calibrations.get(effort);
  if (!found) throw new Error("Read the calibrations first.");
  return found;
}

function numbers(given: Given): Measures {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value ?? NaN]));
}
