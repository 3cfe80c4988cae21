/** Straight grids: the axes along which the network's grid runs; a port of `preprocessing/straight.py`. */

import { affineOf, at, AXES, IDENTITY, invert, voxelSizes } from "../affine";
import type { Affine } from "../types";

/** A scan's own axes are used if none of them is farther than this from an axis of the world, in degrees. */
const MAX_ANGLE = 30;
/** Axes are perpendicular if the cosine of the angle between them is below this. */
const PERPENDICULAR = 1e-3;
/** Newton's iteration for the nearest rotation ends when no element changes by more than this. */
const SETTLED = 1e-15;
const MAX_ITERATIONS = 100;

interface Orientation {
  readonly worldAxis: number;
  readonly sign: number;
}

/**
 * Directions of the axes of the network's grid, in the columns: those of the scan's axes if they are perpendicular and
 * not very oblique, otherwise the world's.
 */
export function gridDirections(affine: Affine): Affine {
  const sizes = voxelSizes(affine);
  const directions = affineOf((row, column) => at(affine, row, column) / sizes[column]!, () => 0);
  const orientations = orientationOf(directions);
  const turned = affineOf(
    (row, worldAxis) => {
      const voxelAxis = orientations.findIndex((orientation) => orientation.worldAxis === worldAxis);
      return orientations[voxelAxis]!.sign * at(directions, row, voxelAxis);
    },
    () => 0,
  );
  const cosine = (a: number, b: number): number => AXES.reduce((sum, row) => sum + at(turned, row, a) * at(turned, row, b), 0);
  const skew = Math.max(...AXES.flatMap((a) => AXES.map((b) => Math.abs(cosine(a, b) - (a === b ? 1 : 0)))));
  const oblique = Math.min(...AXES.map((axis) => at(turned, axis, axis))) < Math.cos((MAX_ANGLE * Math.PI) / 180);
  return oblique || skew > PERPENDICULAR ? IDENTITY : turned;
}

/** For each voxel axis, the world's axis nearest to it and the sign, as `nibabel.orientations.io_orientation`. */
function orientationOf(directions: Affine): Orientation[] {
  const rotation = nearestRotation(directions);
  const strength = (column: number): number => Math.max(...AXES.map((row) => at(rotation, row, column) ** 2));
  const strongestFirst = [...AXES].sort((a, b) => strength(b) - strength(a) || a - b);
  const orientations: Orientation[] = [];
  const free = new Set(AXES);
  for (const column of strongestFirst) {
    const worldAxis = [...free].reduce((best, row) =>
      Math.abs(at(rotation, row, column)) > Math.abs(at(rotation, best, column)) ? row : best,
    );
    free.delete(worldAxis);
    orientations[column] = { worldAxis, sign: at(rotation, worldAxis, column) < 0 ? -1 : 1 };
  }
  return orientations;
}

/** The orthogonal factor of a matrix's polar decomposition, by Newton's iteration (Higham 1986). */
function nearestRotation(matrix: Affine): Affine {
  let current = matrix;
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const inverse = invert(current);
    const next = affineOf((row, column) => (at(current, row, column) + at(inverse, column, row)) / 2, () => 0);
    const change = Math.max(...next.map((element, place) => Math.abs(element - current[place]!)));
    current = next;
    if (change < SETTLED) break;
  }
  return current;
}
