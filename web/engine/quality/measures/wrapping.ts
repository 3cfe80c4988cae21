/**
 * Wrapping: whether the head goes on at the opposite side of the field of view.
 * `deskull.quality.measures.wrapping` says what is measured, and why.
 */

import { AXES } from "../../affine";
import { count, othersOf, strides } from "../../arrays";
import { voxelsInside } from "../../masking";
import type { Evidence, Volume } from "../../types";
import { mean, sum } from "../statistics";
import type { Measures } from "../trees";

/** The mask touches an end if so much of its first or last slice does, relative to its volume to the power of 2/3. */
const CONTACT = 0.3;
/** It is cut at both ends, as in a slab, if the smaller contact is more than this part of the larger one. */
const BOTH = 0.5;
/** Opposite ends resemble each other as neighbours do if their correlation is this part of the neighbours'. */
const AS_NEIGHBOURS = 0.9;
/** About this number of voxels of a slice is compared. */
const N_SAMPLED = 20_000;

/** Measures `opposite_ends`, the correlation of the first and the last slice along an axis at one end of which the mask is cut. */
export function wrappingMeasures({ scan, mask }: Evidence): Measures {
  const area = Math.max(voxelsInside(mask), 1) ** (2 / 3);
  const found = AXES.map((axis) => {
    const last = scan.shape[axis]! - 1;
    const [less, more] = [0, last].map((index) => sum(sliceOf(mask, scan, axis, index, 1))).sort((a, b) => a - b);
    if (last < 2 || less! + more! < CONTACT * area || less! > BOTH * more!) return 0;
    const step = Math.max(1, Math.floor((count(scan.shape) / (last + 1) / N_SAMPLED) ** 0.5));
    const [first, second, end] = [0, 1, last].map((index) => sliceOf(scan.values, scan, axis, index, step));
    const likeness = correlation(first!, end!);
    return likeness > AS_NEIGHBOURS * correlation(first!, second!) ? likeness : 0;
  });
  return { opposite_ends: Math.max(0, ...found) };
}

/** Every `step`-th voxel, along both axes, of a slice across an axis. */
function sliceOf(values: ArrayLike<number>, { shape }: Volume, axis: number, index: number, step: number): Float64Array {
  const [steps, [u, v]] = [strides(shape), othersOf(axis)];
  const taken: number[] = [];
  for (let j = 0; j < shape[v]!; j += step) {
    for (let i = 0; i < shape[u]!; i += step) taken.push(values[index * steps[axis]! + i * steps[u]! + j * steps[v]!]!);
  }
  return Float64Array.from(taken);
}

/** The correlation of two lists of numbers; 0 if one of them is constant. */
function correlation(one: Float64Array, other: Float64Array): number {
  const [a, b] = [one, other].map((values) => {
    const middle = mean(values);
    return values.map((value) => value - middle);
  });
  const scale = (sum(a!.map((value) => value ** 2)) * sum(b!.map((value) => value ** 2))) ** 0.5;
  return scale ? sum(a!.map((value, index) => value * b![index]!)) / scale : 0;
}
