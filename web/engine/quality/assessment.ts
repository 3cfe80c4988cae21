/** Assessment: from the evidence to what is said of a mask. */

import type { Evidence } from "../types";
import { OFFSET, type Calibration } from "./calibration";
import { guessContrast } from "./contrast";
import { MaskEvidence } from "./evidence";
import { findUnusual, type Finding } from "./findings";
import { inputMeasures, maskMeasures } from "./measures/index";
import { fixed } from "./numbers";
import type { Measures } from "./trees";
import { withoutNumbers, type Quality, type Verdict } from "./verdict";
import { describe, isUnusual } from "./wording";

/** At most this number of measures is named as a reason. */
const N_REASONS = 3;
/** An unusual measure is a reason if it raises the predicted error by at least this factor, as a logarithm. */
const WEIGHTY = 0.1;

/** Judges a mask, with the calibration of the network that made it. */
export function assess(given: Evidence, calibration: Calibration): Quality {
  const evidence = new MaskEvidence(given);
  if (evidence.isEmpty) return withoutNumbers("fail", "The mask is empty.");
  const scan = inputMeasures(evidence);
  const quality = judgeMeasures(scan, maskMeasures(evidence, calibration.shape), calibration);
  return { ...quality, contrast: guessContrast(given.scan, scan) };
}

/** Judges a mask by the measures of the scan and of the mask. */
export function judgeMeasures(scan: Measures, mask: Measures, calibration: Calibration): Quality {
  const measures = { ...scan, ...mask };
  const error = calibration.error.predict(measures);
  const margin = calibration.margin.predict(measures) + calibration.bound("margin", error);
  const findings = findUnusual(measures);
  return {
    ...decide(measures, error, findings, calibration),
    predictedDice: dice(error),
    lowerBound: dice(error + calibration.bound("error", error)),
    marginMm: Math.min(Math.exp(margin), 10),
    findings: findings.map((finding) => finding.sentence),
    input: scan,
    measures: mask,
    percentiles: calibration.percentiles(measures),
  };
}

/** The Dice coefficient for the logarithm of an error. */
function dice(error: number): number {
  return Math.min(Math.max(1 + OFFSET - Math.exp(error), 0), 1);
}

function decide(
  measures: Measures, error: number, findings: readonly Finding[], calibration: Calibration,
): { verdict: Verdict; reasons: readonly string[] } {
  const limits = calibration.thresholds;
  const grave = findings.filter((finding) => finding.bearsOnMask).map((finding) => finding.sentence);
  const head = calibration.head.predict(measures);
  const known = why(measures, calibration);
  if (head < limits.no_head) {
    return { verdict: "fail", reasons: ["The scan does not look like a human head.", ...grave, ...known] };
  }
  const doubts = [...(head < limits.head ? ["The scan may not show a human head."] : []), ...grave];
  const unexplained = `The predicted Dice is low: ${fixed(dice(error), 2)}; no single measure explains it.`;
  const reasons = doubts.length + known.length ? [...doubts, ...known] : [unexplained];
  if (error > limits.fail) return { verdict: "fail", reasons };
  if (error > limits.pass || doubts.length) return { verdict: "review", reasons };
  return { verdict: "pass", reasons: [] };
}

/** The unusual measures that raise the predicted error most, in words. */
function why(measures: Measures, calibration: Calibration): string[] {
  const weighty = Object.entries(calibration.error.contributions(measures)).filter(([, added]) => added > WEIGHTY);
  weighty.sort(([, one], [, other]) => other - one);
  const sentences = weighty.flatMap(([name]) => {
    const [value, usual] = [measures[name] ?? NaN, calibration.usual(name)];
    return Number.isFinite(value) && usual && isUnusual(value, usual) ? [describe(name, value, usual)] : [];
  });
  return sentences.slice(0, N_REASONS);
}
