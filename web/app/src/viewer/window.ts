/** Window: the grey values that are shown as black and white. */

import type { Image } from "./nifti";

export interface Range {
  low: number;
  high: number;
}

const N_SAMPLES = 200_000;
/** Part of the shown range below which the grey values of the brain look all alike: in CT, bone and air lie far from them. */
const FLAT = 0.05;

/** Finds grey values that most of a scan lies between: the whole range of a slider, and what is shown at first. */
export function findWindow(image: Image): { shown: Range; whole: Range } {
  const at = percentiles(image, () => true);
  const low = at(0.02);
  const high = at(0.995) > low ? at(0.995) : at(1);
  const whole = { low: at(0), high: Math.max(at(1) > high * 2 ? high * 2 : at(1), high) };
  return { shown: { low, high: high > low ? high : low + 1 }, whole: whole.high > whole.low ? whole : { low, high: low + 1 } };
}

/** Narrows what is shown to the grey values of the brain where they would look all alike. */
export function narrowToBrain(shown: Range, image: Image, isInside: (voxel: number) => boolean): Range {
  const at = percentiles(image, isInside);
  const [low, high] = [at(0.1), at(0.8)]; // the edge of the mask may hold bone
  const span = high - low;
  if (span <= 0 || span > FLAT * (shown.high - shown.low)) return shown;
  return { low: low - 1.5 * span, high: high + 1.5 * span };
}

/** Grey values of some voxels by the part of all that are smaller. */
function percentiles(image: Image, isTaken: (voxel: number) => boolean): (part: number) => number {
  const step = Math.max(1, Math.floor(image.data.length / N_SAMPLES));
  const values: number[] = [];
  for (let at = 0; at < image.data.length; at += step) {
    const value = (image.data[at] ?? 0) * image.slope + image.inter;
    if (Number.isFinite(value) && isTaken(at)) values.push(value);
  }
  values.sort((one, two) => one - two);
  return (part) => values[Math.floor(part * (values.length - 1))] ?? 0;
}
