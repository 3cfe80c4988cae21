/** B-values: the text file beside a diffusion series that states the weighting of each frame (`deskull.formats.b_values`). */

const MAX_BYTES = 1 << 20;

/** Reads the b-values of a series; undefined, with a warning, if they cannot be used. */
export async function readBValues(file: File, frames: number, warn: (sentence: string) => void): Promise<number[] | undefined> {
  const text = file.size > MAX_BYTES ? "" : (await file.text()).replace(/^\ufeff/, "");
  const values = text.split(/[\s,;]+/).filter(Boolean).map(Number);
  if (values.length === frames && values.every((value) => Number.isFinite(value) && value >= 0)) return values;
  warn(`${file.name}: is no list of ${frames} b-values; the mask is made from the mean of all frames; correct the file and strip again.`);
  return undefined;
}
