/** Window: the grey values that are shown as black and white. */

import type { Image } from "./nifti";

export interface Range {
  low: number;
  high: number;
}

const N_SAMPLES = 200_000;

/** Finds grey values that most of a scan lies between: the whole range of a slider, and what is shown at first. */
export function findWindow(image: Image): { shown: Range; whole: Range } {
  const step = Math.max(1, Math.floor(image.data.length / N_SAMPLES));
  const values: number[] = [];
  for (let at = 0; at < image.data.length; at += step) {
    const value = (image.data[at] ?? 0) * image.slope + image.inter;
    if (Number.isFinite(value)) values.push(value);
  }
  values.sort((one, two) => one - two);
  const at = (part: number): number => values[Math.floor(part * (values.length - 1))] ?? 0;
  const low = at(0.02);
  const high = at(0.995) > low ? at(0.995) : (values.at(-1) ?? 1);
  const whole = { low: at(0), high: Math.max(at(1) > high * 2 ? high * 2 : at(1), high) };
  return { shown: { low, high: high > low ? high : low + 1 }, whole: whole.high > whole.low ? whole : { low, high: low + 1 } };
}
