/** Affine maps, as sixteen numbers row by row, and what is computed with them. */

import type { Affine, Shape } from "./types";

/** Three numbers, along x, y and z. */
export type Vector = readonly [number, number, number];
/** First index and the one after the last, along x, y and z. */
export type Box = readonly [Range, Range, Range];
export type Range = readonly [number, number];

export const AXES: readonly number[] = [0, 1, 2];

/** Makes a vector of what a function returns for each axis. */
export function vector(of: (axis: number) => number): Vector {
  return [of(0), of(1), of(2)];
}

/** The affine of a matrix, given by its element in each row and column, and an offset. */
export function affineOf(element: (row: number, column: number) => number, offset: (row: number) => number): Affine {
  const rows = AXES.flatMap((row) => [...AXES.map((column) => element(row, column)), offset(row)]);
  return [...rows, 0, 0, 0, 1];
}

export function scaling(factors: Vector, offset: Vector = [0, 0, 0]): Affine {
  return affineOf((row, column) => (row === column ? factors[row]! : 0), (row) => offset[row]!);
}

export const IDENTITY: Affine = scaling([1, 1, 1]);

/** Element of the matrix, or the offset in column 3. */
export function at(affine: Affine, row: number, column: number): number {
  return affine[4 * row + column]!;
}

/** The map that applies `second` first and `first` after it, as the matrix product of the two. */
export function compose(first: Affine, second: Affine): Affine {
  const product = (row: number, column: number): number =>
    at(first, row, 0) * at(second, 0, column) +
    at(first, row, 1) * at(second, 1, column) +
    at(first, row, 2) * at(second, 2, column);
  return affineOf(product, (row) => product(row, 3) + at(first, row, 3));
}

export function apply(affine: Affine, point: Vector): Vector {
  return vector((row) => direction(affine, point, row) + at(affine, row, 3));
}

/** Maps a difference of two points. */
export function applyMatrix(affine: Affine, point: Vector): Vector {
  return vector((row) => direction(affine, point, row));
}

function direction(affine: Affine, point: Vector, row: number): number {
  return at(affine, row, 0) * point[0] + at(affine, row, 1) * point[1] + at(affine, row, 2) * point[2];
}

function minor(affine: Affine, row: number, column: number): number {
  const [a, b] = [(row + 1) % 3, (row + 2) % 3];
  const [c, d] = [(column + 1) % 3, (column + 2) % 3];
  return at(affine, a, c) * at(affine, b, d) - at(affine, a, d) * at(affine, b, c);
}

export function determinant(affine: Affine): number {
  return AXES.reduce((sum, column) => sum + at(affine, 0, column) * minor(affine, 0, column), 0);
}

/** The inverse map; the determinant must not be 0. */
export function invert(affine: Affine): Affine {
  const volume = determinant(affine);
  const inverse = affineOf((row, column) => minor(affine, column, row) / volume, () => 0);
  const offset = applyMatrix(inverse, vector((row) => at(affine, row, 3)));
  return affineOf((row, column) => at(inverse, row, column), (row) => -offset[row]!);
}

/** Returns the affine with another origin. */
export function movedTo(affine: Affine, origin: Vector): Affine {
  return affineOf((row, column) => at(affine, row, column), (row) => origin[row]!);
}

/** Lengths of the columns: the edges of the voxels in mm. */
export function voxelSizes(affine: Affine): Vector {
  return vector((column) => Math.hypot(at(affine, 0, column), at(affine, 1, column), at(affine, 2, column)));
}

/** Lowest and highest coordinates of the eight corners of a box of indices, mapped through an affine. */
export function mappedBounds(ends: readonly Range[], affine: Affine): readonly [Vector, Vector] {
  const corners = Array.from({ length: 8 }, (_, number) =>
    apply(affine, vector((axis) => ends[axis]![(number >> axis) & 1]!)),
  );
  const along = (axis: number): number[] => corners.map((corner) => corner[axis]!);
  return [vector((axis) => Math.min(...along(axis))), vector((axis) => Math.max(...along(axis)))];
}

/** Lowest and highest world coordinates of the outer corners of an image, in mm. */
export function outerBounds(shape: Shape, affine: Affine): readonly [Vector, Vector] {
  return mappedBounds(shape.map((size) => [-0.5, size - 0.5] as const), affine);
}

/** Rounds to the nearest whole number, halves to the even one, as NumPy does. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
