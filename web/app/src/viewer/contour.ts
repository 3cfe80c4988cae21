/** Contour: the outline of the body in a slice, between voxels where its distance is 0 (marching squares). */

import type { Body } from "./body";
import type { Plane } from "./plane";

/** Segments between the sides (0 upper, 1 right, 2 lower, 3 left) of a square, by which corners lie inside. */
const SEGMENTS: readonly (readonly number[])[] = [
  [], [3, 0], [0, 1], [3, 1], [1, 2], [3, 0, 1, 2], [0, 2], [3, 2], [2, 3], [2, 0], [0, 1, 2, 3], [2, 1], [1, 3], [1, 0], [0, 3], [],
];
/** Distance that counts for what lies outside the volume, in mm. */
const OUTSIDE = 0.5;

/** Traces the outline; pixels have their centres at whole numbers and a half. */
export function traceContour(body: Body, plane: Plane, slice: number): Path2D {
  const width = plane.across.size + 2;
  const values = slopeOfSlice(body, plane, slice);
  const path = new Path2D();
  for (let row = 0; row + 1 < plane.down.size + 2; row += 1) {
    for (let column = 0; column + 1 < width; column += 1) {
      const at = row * width + column;
      const [a, b, c, d] = [values[at], values[at + 1], values[at + 1 + width], values[at + width]] as [number, number, number, number];
      const kind = (a < 0 ? 1 : 0) + (b < 0 ? 2 : 0) + (c < 0 ? 4 : 0) + (d < 0 ? 8 : 0);
      if (kind !== 0 && kind !== 15) addSegments(path, SEGMENTS[kind] ?? [], column - 0.5, row - 0.5, a, b, c, d);
    }
  }
  return path;
}

/** Distances of a slice's voxels to the contour, with a rim outside the volume. */
function slopeOfSlice(body: Body, plane: Plane, slice: number): Float32Array {
  const [width, height] = [plane.across.size, plane.down.size];
  const values = new Float32Array((width + 2) * (height + 2)).fill(OUTSIDE);
  const { first, perColumn, perRow } = plane.steps(slice);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      // The body ends below 0; a distance of exactly 0 is outside.
      values[(row + 1) * (width + 2) + column + 1] = body.toContour(first + column * perColumn + row * perRow);
    }
  }
  return values;
}

function addSegments(
  path: Path2D, sides: readonly number[], x: number, y: number, a: number, b: number, c: number, d: number,
): void {
  sides.forEach((side, at) => {
    const [px, py] =
      side === 0 ? [x + cut(a, b), y] : side === 1 ? [x + 1, y + cut(b, c)] : side === 2 ? [x + cut(d, c), y + 1] : [x, y + cut(a, d)];
    if (at % 2) path.lineTo(px, py);
    else path.moveTo(px, py);
  });
}

/** Where a line between two values crosses 0. */
function cut(from: number, to: number): number {
  const part = from / (from - to);
  return Number.isFinite(part) ? Math.min(1, Math.max(0, part)) : 0.5;
}
