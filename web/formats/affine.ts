/** Affine: what follows from the sixteen numbers that place voxels in the world. */

import type { Affine, Triple } from "./volume";

/** Makes an affine of its rows; the last one is 0, 0, 0, 1. */
export function affineOf(rows: readonly (readonly number[])[]): number[] {
  return [...rows.slice(0, 3).flat(), 0, 0, 0, 1];
}

/** Makes an affine of the directions of three axes, given as columns, and an origin. */
export function affineOfColumns(columns: readonly (readonly number[])[], origin: readonly number[]): number[] {
  return affineOf([0, 1, 2].map((row) => [...columns.map((column) => column[row] ?? 0), origin[row] ?? 0]));
}

export function column(affine: Affine, axis: number): Triple {
  return [affine[axis] ?? 0, affine[4 + axis] ?? 0, affine[8 + axis] ?? 0];
}

export function voxelSizes(affine: Affine): Triple {
  return [0, 1, 2].map((axis) => Math.sqrt(column(affine, axis).reduce((sum, value) => sum + value * value, 0))) as Triple;
}

export function determinant(affine: Affine): number {
  const [a, b, c] = [column(affine, 0), column(affine, 1), column(affine, 2)];
  return a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1]);
}

export function toWorld(affine: Affine, voxel: readonly number[]): Triple {
  return [0, 1, 2].map((row) => [0, 1, 2].reduce((sum, axis) => sum + (affine[4 * row + axis] ?? 0) * (voxel[axis] ?? 0), affine[4 * row + 3] ?? 0)) as Triple;
}

/** Largest distance along an axis of the world between the corners of two images of one shape, in mm. */
export function largestMove(shape: readonly number[], one: Affine, other: Affine): number {
  let largest = 0;
  for (let corner = 0; corner < 8; corner += 1) {
    const voxel = [0, 1, 2].map((axis) => ((corner >> axis) & 1 ? (shape[axis] ?? 1) - 0.5 : -0.5));
    const [here, there] = [toWorld(one, voxel), toWorld(other, voxel)];
    here.forEach((place, axis) => { largest = Math.max(largest, Math.abs(place - (there[axis] ?? 0))); });
  }
  return largest;
}

/** An affine whose world is scaled along each of its axes. */
export function scaleWorld(affine: Affine, factors: readonly number[]): number[] {
  return affine.map((value, at) => (at < 12 ? value * (factors[Math.floor(at / 4)] ?? 1) : value));
}

/** Rotation of a unit quaternion with its real part, row by row (nibabel.quaternions.quat2mat). */
export function rotationOf(w: number, x: number, y: number, z: number): number[][] {
  const length = w * w + x * x + y * y + z * z;
  if (length < Number.EPSILON) return [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  const s = 2 / length;
  return [
    [1 - s * (y * y + z * z), s * (x * y - w * z), s * (x * z + w * y)],
    [s * (x * y + w * z), 1 - s * (x * x + z * z), s * (y * z - w * x)],
    [s * (x * z - w * y), s * (y * z + w * x), 1 - s * (x * x + y * y)],
  ];
}
