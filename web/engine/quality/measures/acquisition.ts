/**
 * Acquisition: noise, blur, ghosts and slices in disorder, measured on the voxels of the scan.
 * `deskull.quality.measures.acquisition` says what each measure is.
 */

import { AXES } from "../../affine";
import { count, cut, eachVoxel, othersOf, strides, wholeBox } from "../../arrays";
import { boundsOf, clippedBox } from "../../boxes";
import type { Field, Shape, Volume } from "../../types";
import { partOf, realValues, samplingSteps } from "../../volume";
import type { MaskEvidence } from "../evidence";
import { mean, median, percentile, select, standardDeviation } from "../statistics";
import type { Measures } from "../trees";

/** About this number of voxels is looked at along each axis for the background. */
const N_SAMPLES = 96;
/** Median absolute deviation to standard deviation of a normal distribution. */
const NORMAL = 1.4826;
/** A mask with fewer voxels along an axis is not measured. */
const FEWEST_VOXELS = 6;
/** Voxels around the mask that are looked at. */
const MARGIN = 4;
const NO_SLICES = { disorder: NaN, disorder_ratio: NaN, stripes: NaN, repeated: NaN };
const NOTHING = { noise: NaN, air_noise: NaN, air_level: NaN, smoothness: NaN, ...NO_SLICES };

/** Real values of a part of the scan, and the mask there. */
interface Part extends Field {
  readonly inside: Uint8Array;
}

export function acquisitionMeasures({ given: { scan, mask } }: MaskEvidence): Measures {
  const bounds = boundsOf(mask, scan.shape);
  if (!bounds || bounds.some(([start, stop]) => stop - start < FEWEST_VOXELS)) return NOTHING;
  const box = clippedBox(scan.shape, (axis) => [bounds[axis][0] - MARGIN, bounds[axis][1] + MARGIN]);
  const around = partOf(scan, box);
  const part = { values: realValues(around), shape: around.shape, inside: cut(mask, scan.shape, box) };
  const level = Math.max(Math.abs(mean(select(part.values, (voxel) => part.inside[voxel] === 1))), 1e-9);
  return { ...noise(part, level), ...air(scan, level), ...slices(part, level) };
}

/** Noise and smoothness inside, the least of the three axes: that of the thinnest voxels' plane. */
function noise(part: Part, level: number): Measures {
  const found = AXES.flatMap((axis) => {
    const { second, near, far } = differences(part, axis);
    if (second.length < 100) return [];
    return [{ noise: (NORMAL * median(second)) / Math.sqrt(6), smoothness: near / Math.max(far, 1e-9) }];
  });
  if (!found.length) return { noise: NaN, smoothness: NaN };
  const least = (name: "noise" | "smoothness"): number => Math.min(...found.map((one) => one[name]));
  return { noise: least("noise") / level, smoothness: least("smoothness") };
}

/** Second differences along an axis, and the mean differences of neighbours and of voxels two apart, all absolute. */
function differences({ values, shape, inside }: Part, axis: number): { second: Float32Array; near: number; far: number } {
  const second = new Float32Array(count(sampled(shape, axis, 3)));
  const step = strides(shape)[axis]!;
  let [found, near, far] = [0, 0, 0];
  eachOfLines(shape, axis, 3, (first, index) => {
    const [middle, last] = [first + step, first + 2 * step];
    if (index + 2 >= shape[axis]! || !(inside[first] && inside[middle] && inside[last])) return;
    const [a, b, c] = [values[first]!, values[middle]!, values[last]!];
    second[found++] = Math.abs(Math.fround(c - 2 * b) + a);
    near += Math.abs(b - a);
    far += Math.abs(c - a);
  });
  return { second: second.slice(0, found), near: near / found, far: far / found };
}

/** Brightness and noise of the darkest fifth of the whole scan. */
function air(scan: Volume, level: number): Measures {
  const steps = samplingSteps(scan.shape, N_SAMPLES);
  const stored = new Float64Array(count(scan.shape.map((size, axis) => Math.ceil(size / steps[axis]!))));
  let next = 0;
  eachVoxel(scan.shape, wholeBox(scan.shape), (place) => (stored[next++] = scan.values[place]!), steps);
  const sample = realValues({ ...scan, values: stored });
  const limit = percentile(sample, 20);
  const dark = select(sample, (place) => sample[place]! <= limit);
  return { air_level: mean(dark) / level, air_noise: standardDeviation(dark) / level };
}

/** How slices follow each other, along the axis where they do so worst. */
function slices(part: Part, level: number): Measures {
  const found = AXES.flatMap((axis) => {
    const [means, near, far] = [sliceMeans(part, axis, 0), sliceMeans(part, axis, 1), sliceMeans(part, axis, 2)];
    if (near.length < 4 || !far.length) return [];
    const bends = means.slice(2).map((value, index) => Math.abs(value - 2 * means[index + 1]! + means[index]!));
    return [{
      disorder: mean(near) / Math.max(mean(far), 1e-9),
      stripes: median(Float64Array.from(bends)) / level,
      repeated: near.filter((value) => value === 0).length / near.length,
    }];
  });
  if (!found.length) return NO_SLICES;
  const disorders = found.map((one) => one.disorder);
  return {
    disorder: Math.max(...disorders),
    disorder_ratio: Math.max(...disorders) / Math.max(Math.min(...disorders), 1e-9),
    stripes: Math.max(...found.map((one) => one.stripes)),
    repeated: Math.max(...found.map((one) => one.repeated)),
  };
}

/**
 * Mean absolute differences inside the mask between each slice and the one that lies a gap after it, or mean values for a
 * gap of 0; of slices that share more than 20 sampled voxels.
 */
function sliceMeans({ values, shape, inside }: Part, axis: number, gap: number): number[] {
  const size = shape[axis]!;
  const [totals, counts] = [new Float64Array(size), new Float64Array(size)];
  const step = gap * strides(shape)[axis]!;
  eachOfLines(shape, axis, 4, (place, index) => {
    if (index + gap >= size || !(inside[place] && inside[place + step])) return;
    counts[index]! += 1;
    totals[index]! += gap ? Math.abs(values[place + step]! - values[place]!) : values[place]!;
  });
  return Array.from(totals, (total, index) => total / counts[index]!).filter((_, index) => counts[index]! > 20);
}

/** Calls `use` with the place of each voxel of every n-th line along an axis, and its index along it. */
function eachOfLines(shape: Shape, axis: number, every: number, use: (place: number, index: number) => void): void {
  const [u, v] = othersOf(axis);
  const steps = strides(shape);
  for (let j = 0; j < shape[v]!; j += every) {
    for (let i = 0; i < shape[u]!; i += every) {
      const start = i * steps[u]! + j * steps[v]!;
      for (let index = 0; index < shape[axis]!; index += 1) use(start + index * steps[axis]!, index);
    }
  }
}

/** The number of voxels of every n-th line along an axis, along each axis. */
function sampled(shape: Shape, axis: number, every: number): number[] {
  return shape.map((size, other) => (other === axis ? size : Math.ceil(size / every)));
}
