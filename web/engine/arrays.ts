/** Arrays of voxels in Fortran order: strides, boxes, lines, percentiles. */

import type { Box } from "./affine";
import type { Shape, VoxelArray } from "./types";

export function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Distance in memory between neighbours along each axis. */
export function strides(shape: Shape): Shape {
  return [1, shape[0], shape[0] * shape[1]];
}

export function wholeBox(shape: Shape): Box {
  return [[0, shape[0]], [0, shape[1]], [0, shape[2]]];
}

export function boxShape(box: Box): Shape {
  return [box[0][1] - box[0][0], box[1][1] - box[1][0], box[2][1] - box[2][0]];
}

/** The shape with another size along one axis. */
export function resized(shape: Shape, axis: number, size: number): Shape {
  const [x, y, z] = shape.map((old, other) => (other === axis ? size : old));
  return [x!, y!, z!];
}

/** The other two axes. */
export function othersOf(axis: number): readonly [number, number] {
  return axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
}

/** An array of the same type. */
export function sameType<Values extends VoxelArray>(values: Values, length: number): Values {
  return new (values.constructor as new (length: number) => Values)(length);
}

/** Copies a box of an array. */
export function cut<Values extends VoxelArray>(values: Values, shape: Shape, box: Box): Values {
  const part = sameType(values, count(boxShape(box)));
  const [[x0, x1], [y0, y1], [z0, z1]] = box;
  let place = 0;
  for (let z = z0; z < z1; z++)
    for (let y = y0; y < y1; y++, place += x1 - x0) {
      const line = shape[0] * (y + shape[1] * z);
      part.set(values.subarray(line + x0, line + x1), place);
    }
  return part;
}

/** Writes an array into a box of another one. */
export function paste<Values extends VoxelArray>(values: Values, into: Values, shape: Shape, box: Box): void {
  const [[x0, x1], [y0, y1], [z0, z1]] = box;
  let place = 0;
  for (let z = z0; z < z1; z++)
    for (let y = y0; y < y1; y++, place += x1 - x0)
      into.set(values.subarray(place, place + x1 - x0), x0 + shape[0] * (y + shape[1] * z));
}

/** Calls `use` with the place in memory of each voxel of a box, every `steps`-th along each axis. */
export function eachVoxel(shape: Shape, box: Box, use: (place: number) => void, steps: Shape = [1, 1, 1]): void {
  const [[x0, x1], [y0, y1], [z0, z1]] = box;
  for (let z = z0; z < z1; z += steps[2])
    for (let y = y0; y < y1; y += steps[1]) {
      const line = shape[0] * (y + shape[1] * z);
      for (let x = x0; x < x1; x += steps[0]) use(line + x);
    }
}

/** Copies an array in Fortran order to one in C order, the last index fastest. */
export function toCOrder(values: Float32Array, [nx, ny, nz]: Shape): Float32Array {
  return transposed(values, nx, ny, nz);
}

/** Copies an array in C order to one in Fortran order. */
export function fromCOrder(values: Float32Array, [nx, ny, nz]: Shape): Float32Array {
  return transposed(values, nz, ny, nx);
}

function transposed(values: Float32Array, nx: number, ny: number, nz: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++) {
      const line = nx * (y + ny * z);
      for (let x = 0; x < nx; x++) result[z + nz * (y + ny * x)] = values[line + x]!;
    }
  return result;
}

/** Smallest and largest value. */
export function extremes(values: VoxelArray): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Percentiles, by linear interpolation between sorted values. */
export function percentiles(values: Float32Array | Float64Array, at: readonly number[]): number[] {
  const sorted = values.slice().sort();
  return at.map((percentile) => {
    const place = ((sorted.length - 1) * percentile) / 100;
    const below = Math.min(Math.floor(place), Math.max(0, sorted.length - 2));
    const [a, b] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
    return a + (b - a) * (place - below);
  });
}
