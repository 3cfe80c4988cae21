/** Symmetric matrices of 3 x 3: eigenvalues and eigenvectors by Jacobi's rotations (Golub and Van Loan, chapter 8.5). */

import { AXES } from "../../affine";

export type Matrix3 = [number[], number[], number[]];

/** Rotations end once all that is off the diagonal is this small a part of the whole. */
const TOLERANCE = 1e-15;
/** Rotations converge quadratically; more than a few sweeps are never needed. */
const MOST_SWEEPS = 30;
const PLANES = [[0, 1], [0, 2], [1, 2]] as const;

/** The eigenvalues of a symmetric matrix, and its eigenvectors as columns in the same order. */
export function decompose(matrix: Matrix3): { values: number[]; vectors: Matrix3 } {
  const turned = matrix.map((row) => [...row]) as Matrix3;
  const vectors: Matrix3 = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  const limit = TOLERANCE * Math.hypot(...turned.flat());
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep += 1) {
    if (Math.hypot(...PLANES.map(([p, q]) => turned[p]![q]!)) <= limit) break;
    for (const [p, q] of PLANES) rotate(turned, vectors, p, q);
  }
  return { values: AXES.map((axis) => turned[axis]![axis]!), vectors };
}

/** Rotates in the plane of two axes so that what is off the diagonal there becomes 0. */
function rotate(matrix: Matrix3, vectors: Matrix3, p: 0 | 1, q: 1 | 2): void {
  const off = matrix[p][q]!;
  if (off === 0) return;
  const ratio = (matrix[q][q]! - matrix[p][p]!) / (2 * off);
  const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.hypot(1, ratio));
  const cosine = 1 / Math.hypot(1, tangent);
  const sine = tangent * cosine;
  const turn = (one: number, other: number): [number, number] => [cosine * one - sine * other, sine * one + cosine * other];
  for (const row of [...matrix, ...vectors]) [row[p], row[q]] = turn(row[p]!, row[q]!);
  for (const column of AXES) [matrix[p][column], matrix[q][column]] = turn(matrix[p][column]!, matrix[q][column]!);
}
