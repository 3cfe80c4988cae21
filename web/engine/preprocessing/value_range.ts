/** Range of values: what 32-bit arithmetic cannot handle is brought into range; a port of `preprocessing/value_range.py`. */

import { clamp } from "../affine";
import { count, eachVoxel, extremes, percentiles, wholeBox } from "../arrays";
import { interOf, samplingSteps, slopeOf, withValues } from "../volume";
import type { Volume } from "../types";

/** About this number of planes along each axis is looked at. */
const N_PLANES = 32;
const RANGE_PERCENTILES = [0.1, 99.9];
/** Values farther out than this number of ranges are limited to it. */
const MAX_OUTLIER = 100;
/** Largest magnitude, and inverse of the smallest range, at which 32-bit floats neither overflow nor underflow. */
const MAX_MAGNITUDE = 1e30;
/** Rounding to 32-bit floats may lose at most this fraction of the range. */
const MAX_ROUNDING = 1e-3;
const FLOAT32_EPSILON = 2 ** -23;
const FLOAT32_MAX = 3.4028234663852886e38;

/** Real values of a sample of the voxels: about `nPlanes` planes along each axis. */
export function sampleValues(scan: Volume, nPlanes: number): Float64Array {
  const steps = samplingSteps(scan.shape, nPlanes);
  const sample = new Float64Array(count(scan.shape.map((size, axis) => Math.ceil(size / steps[axis]!))));
  const [slope, inter] = [slopeOf(scan), interOf(scan)];
  let next = 0;
  eachVoxel(scan.shape, wholeBox(scan.shape), (place) => (sample[next++] = scan.values[place]! * slope + inter), steps);
  return sample;
}

/**
 * Brings a scan whose values 32-bit arithmetic cannot handle into range; any other is returned as it is.
 *
 * Outliers are limited to 100 times the range; an offset that is too large for the range is subtracted.
 */
export function limitRange(scan: Volume): Volume {
  const [slope, inter] = [slopeOf(scan), interOf(scan)];
  const ends = extremes(scan.values).map((end) => end * slope + inter);
  const [lowest, highest] = [Math.min(...ends), Math.max(...ends)];
  let [low, high] = percentiles(sampleValues(scan, N_PLANES), RANGE_PERCENTILES) as [number, number];
  if (!(high > low && Number.isFinite(low) && Number.isFinite(high))) [low, high] = [lowest, highest];
  const extent = high - low;
  const [floor, ceiling] = [low - MAX_OUTLIER * extent, high + MAX_OUTLIER * extent];
  const magnitude = Math.max(Math.abs(Math.max(lowest, floor)), Math.abs(Math.min(highest, ceiling)));
  const imprecise = isImprecise(magnitude, extent);
  if (!imprecise && floor <= lowest && highest <= ceiling) return scan;
  const values = new Float32Array(scan.values.length);
  const unit = imprecise ? 1000 / (extent || 1) : 1;
  const offset = imprecise ? low : 0;
  for (let i = 0; i < values.length; i++) {
    const value = (clamp(scan.values[i]! * slope + inter, floor, ceiling) - offset) * unit;
    values[i] = clamp(Number.isNaN(value) ? 0 : value, -FLOAT32_MAX, FLOAT32_MAX);
  }
  return withValues(scan, values);
}

function isImprecise(magnitude: number, extent: number): boolean {
  const tooSmall = extent > 0 && extent < 1 / MAX_MAGNITUDE;
  const tooRough = extent > 0 && magnitude * FLOAT32_EPSILON > MAX_ROUNDING * extent;
  return magnitude > MAX_MAGNITUDE || tooSmall || tooRough;
}
