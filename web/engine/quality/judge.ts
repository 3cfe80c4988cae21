/**
 * Judge: says how far the mask of a stripped scan can be trusted.
 *
 * The page does not call this itself: `EngineClient.strip(volume, "default", { quality: "default" })` strips a scan, has its
 * mask judged, and resolves with `quality` in its result. In node, `Judging` of `judging.ts` does the same.
 */

import type { Evidence } from "../types";
import { assess } from "./assessment";
import { CALIBRATED, type Calibration } from "./calibration";
import { toRecord, withoutNumbers, type QualityRecord } from "./verdict";

/** What is known of a stripped scan; `StripResult` is one. */
export interface Stripped {
  readonly model: { readonly name: string };
  readonly evidence?: Evidence;
}

/**
 * Judges the mask of a stripped scan.
 *
 * The brain is judged, at the default border of the network, whichever surface and border the mask has: these move the
 * edge, and do not make it more or less certain.
 *
 * @param scanner What a DICOM source says of the machine, by names of BIDS.
 * @returns The object `quality` as the command's JSON has it.
 */
export function judge(
  { model, evidence }: Stripped, calibration: Calibration, scanner: Readonly<Record<string, string>> = {},
): QualityRecord {
  if (model.name !== CALIBRATED) return notJudged(`Only masks of the network '${CALIBRATED}' can be judged.`);
  if (!evidence) return notJudged("The scan has a single value inside the network's grid.");
  const record = toRecord(assess(evidence, calibration));
  return { ...record, input: { ...scanner, ...record.input } };
}

function notJudged(reason: string): QualityRecord {
  return toRecord(withoutNumbers("not judged", reason));
}
