/** Series: which frames of a 4-D series show the head best, and their mean; a port of `preprocessing/series.py`. */

import { count } from "../arrays";
import type { Shape, VoxelArray } from "../types";

/** Frames with a b-value of at most this, in s/mm^2, have no diffusion weighting. */
const B0_LIMIT = 50;
/** The first frames of a BOLD or ASL series are brighter, until the magnetisation is steady. */
const N_UNSTEADY = 3;
/** Series with fewer frames are averaged whole. */
const MIN_FRAMES = 10;

/** Indices of the frames of a series whose mean is stripped. */
export function framesToAverage(nFrames: number, bValues?: readonly number[]): number[] {
  const all = Array.from({ length: nFrames }, (_, index) => index);
  if (!bValues) return all.slice(nFrames >= MIN_FRAMES ? N_UNSTEADY : 0);
  const limit = Math.max(B0_LIMIT, Math.min(...bValues));
  return all.filter((index) => bValues[index]! <= limit);
}

/** Mean of some frames of stored voxels, one frame after the other in `values`; stored values, as 32-bit floats. */
export function meanFrame(values: VoxelArray, shape: Shape, frames: readonly number[]): Float32Array {
  const size = count(shape);
  const mean = new Float32Array(size);
  for (const frame of frames) {
    const start = frame * size;
    for (let i = 0; i < size; i++) mean[i]! += values[start + i]!;
  }
  for (let i = 0; i < size; i++) mean[i]! /= frames.length;
  return mean;
}
