/** Series: which frames of a 4-D series are stripped, by the b-values beside it (`deskull.preprocessing.series`, `deskull.formats.b_values`). */

const B0_LIMIT = 50;
const UNSTEADY = 3;
const MIN_FRAMES = 10;
const MAX_BYTES = 1 << 20;

/** Numbers of the frames whose mean is stripped. */
export function framesToAverage(frames: number, bValues?: readonly number[]): number[] {
  const all = Array.from({ length: frames }, (_, at) => at);
  if (!bValues) return frames >= MIN_FRAMES ? all.slice(UNSTEADY) : all;
  const limit = Math.max(B0_LIMIT, Math.min(...bValues));
  return all.filter((at) => (bValues[at] ?? Infinity) <= limit);
}

/** Reads the b-values of a series; undefined, with a warning, if they cannot be used. */
export async function readBValues(file: File, frames: number, warn: (sentence: string) => void): Promise<number[] | undefined> {
  const text = file.size > MAX_BYTES ? "" : (await file.text()).replace(/^\ufeff/, "");
  const values = text.split(/[\s,;]+/).filter(Boolean).map(Number);
  if (values.length === frames && values.every((value) => Number.isFinite(value) && value >= 0)) return values;
  warn(`${file.name}: is no list of ${frames} b-values; the mask is made from the mean of all frames; correct the file and strip again.`);
  return undefined;
}
