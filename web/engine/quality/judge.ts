/**
 * Judge: says how far the mask of a scan can be trusted. This is what the page calls, once a scan has been stripped:
 *
 *     const calibration = await readCalibration(table, file, "default");   // once
 *     const quality = judge(result, calibration);                          // of `result`, what `strip` returned
 *
 * `table` and `file` are the contents of `src/deskull/quality/calibrations/default.json` and `default.npz`, which the build
 * of the page offers as they are. For the verdict, a scan is stripped with the network `small` as its `second` one, and for
 * the thorough check with `mirror`, too.
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
