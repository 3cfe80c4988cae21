/**
 * Interpolation: linear, through an affine map; axis by axis where the axes of both grids are parallel. A port of
 * `interpolate` in `preprocessing/resampling.py`.
 */

import { at, AXES, clamp } from "../affine";
import { count, resized, strides } from "../arrays";
import type { Affine, Field, Shape } from "../types";

/** Two grids are parallel if, over the whole length of an axis, they diverge by less than this, in voxels. */
const PARALLEL_TOLERANCE = 1e-3;
/** Sampling points closer to a voxel centre than this, in voxels, take the voxel's value. */
const CENTRE_TOLERANCE = 1e-4;

/** Samples an array at `affine * index` for each index of a grid, in voxels of the array; edge values extend outwards. */
export function interpolate(data: Field, affine: Affine, shape: Shape): Float32Array {
  const axes = parallelAxes(affine, shape);
  if (!axes) return interpolateFreely(data, affine, shape);
  let sampled = transpose(data, axes);
  // Axes that shrink the array come first and axes that enlarge it last, so that little is computed.
  const growth = axes.map((_, axis) => shape[axis]! / sampled.shape[axis]!);
  for (const axis of [...AXES].sort((a, b) => growth[a]! - growth[b]! || a - b)) {
    const from = axes[axis]!;
    const [step, start] = [at(affine, from, axis), at(affine, from, 3)];
    const positions = Float64Array.from({ length: shape[axis]! }, (_, index) => step * index + start);
    sampled = interpolateAxis(sampled, axis, positions);
  }
  return sampled.values;
}

/** For each axis of the result, the axis of the data parallel to it; undefined if the axes are not parallel. */
function parallelAxes(affine: Affine, shape: Shape): Shape | undefined {
  const extent = (row: number, column: number): number => Math.abs(at(affine, row, column)) * shape[column]!;
  const axes = AXES.map((column) => AXES.reduce((best, row) => (extent(row, column) > extent(best, column) ? row : best)));
  const isParallel = AXES.every((column) =>
    AXES.every((row) => row === axes[column] || extent(row, column) <= PARALLEL_TOLERANCE),
  );
  return new Set(axes).size === 3 && isParallel ? (axes as unknown as Shape) : undefined;
}

/** Moves axis `axes[j]` of the data to axis j. */
export function transpose(data: Field, axes: Shape): Field {
  if (AXES.every((axis) => axes[axis] === axis)) return data;
  const [nx, ny, nz] = AXES.map((axis) => data.shape[axes[axis]!]!) as unknown as Shape;
  const [sx, sy, sz] = AXES.map((axis) => strides(data.shape)[axes[axis]!]!) as unknown as Shape;
  const values = new Float32Array(data.values.length);
  let next = 0;
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++) values[next++] = data.values[x * sx + y * sy + z * sz]!;
  return { values, shape: [nx, ny, nz] };
}

/** Interpolates linearly at positions along one axis. */
function interpolateAxis(data: Field, axis: number, positions: Float64Array): Field {
  const size = data.shape[axis]!;
  const stride = strides(data.shape)[axis]!;
  const lower = new Int32Array(positions.length);
  const weights = new Float32Array(positions.length);
  positions.forEach((position, index) => {
    const inside = clamp(position, 0, size - 1);
    lower[index] = Math.min(Math.floor(inside), Math.max(0, size - 2));
    weights[index] = inside - lower[index]!;
  });
  if (weights.every((weight) => Math.abs(weight - Math.round(weight)) < CENTRE_TOLERANCE))
    weights.forEach((weight, index) => (weights[index] = Math.round(weight)));
  const shape = resized(data.shape, axis, positions.length);
  const values = new Float32Array(count(shape));
  const nBlocks = count(data.shape) / (stride * size);
  for (let block = 0; block < nBlocks; block++)
    for (let index = 0; index < positions.length; index++) {
      const from = stride * (lower[index]! + size * block);
      const to = stride * (index + positions.length * block);
      mix(data.values, from, lower[index]! + 1 < size ? from + stride : from, weights[index]!, values, to, stride);
    }
  return { values, shape };
}

/** Writes the weighted mean of two runs of values. */
function mix(
  data: Float32Array,
  first: number,
  second: number,
  weight: number,
  into: Float32Array,
  to: number,
  length: number,
): void {
  if (weight === 0) for (let i = 0; i < length; i++) into[to + i] = data[first + i]!;
  else if (weight === 1) for (let i = 0; i < length; i++) into[to + i] = data[second + i]!;
  else
    for (let i = 0; i < length; i++) {
      const value = data[first + i]!;
      into[to + i] = value + (data[second + i]! - value) * weight;
    }
}

/** Interpolates between grids that are turned against each other. */
function interpolateFreely(data: Field, affine: Affine, shape: Shape): Float32Array {
  const values = new Float32Array(count(shape));
  const sample = sampler(data);
  let next = 0;
  for (let z = 0; z < shape[2]; z++)
    for (let y = 0; y < shape[1]; y++) {
      const start = (row: number): number => at(affine, row, 1) * y + at(affine, row, 2) * z + at(affine, row, 3);
      const [a, b, c] = [start(0), start(1), start(2)];
      const [u, v, w] = [at(affine, 0, 0), at(affine, 1, 0), at(affine, 2, 0)];
      for (let x = 0; x < shape[0]; x++) values[next++] = sample(a + u * x, b + v * x, c + w * x);
    }
  return values;
}

/** Returns the function that interpolates at a point. */
function sampler({ values, shape }: Field): (x: number, y: number, z: number) => number {
  const [nx, ny, nz] = shape;
  const [, sy, sz] = strides(shape);
  return (px, py, pz) => {
    const [x, y, z] = [clamp(px, 0, nx - 1), clamp(py, 0, ny - 1), clamp(pz, 0, nz - 1)];
    const [ix, iy, iz] = [Math.floor(x), Math.floor(y), Math.floor(z)];
    const [tx, ty, tz] = [x - ix, y - iy, z - iz];
    const i = ix + sy * iy + sz * iz;
    const dx = ix + 1 < nx ? 1 : 0;
    const dy = iy + 1 < ny ? sy : 0;
    const dz = iz + 1 < nz ? sz : 0;
    const low = mean4(values, i, dx, dy, tx, ty);
    return low + (mean4(values, i + dz, dx, dy, tx, ty) - low) * tz;
  };
}

/** Bilinear interpolation in a plane. */
function mean4(values: Float32Array, i: number, dx: number, dy: number, tx: number, ty: number): number {
  const near = values[i]! + (values[i + dx]! - values[i]!) * tx;
  const far = values[i + dy]! + (values[i + dy + dx]! - values[i + dy]!) * tx;
  return near + (far - near) * ty;
}
