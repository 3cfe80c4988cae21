/** Brush: the voxels that a disc in a slice, or a ball, covers. */

import type { Plane } from "../viewer/plane";

export interface Brush {
  radiusMm: number;
  isBall: boolean;
}

/** Calls a function with each voxel whose centre the brush covers, and always with the voxel under its middle. */
export function coverWithBrush(
  plane: Plane, slice: number, [x, y]: readonly [number, number], brush: Brush, take: (voxel: number) => void,
): void {
  const depth = brush.isBall ? Math.floor(brush.radiusMm / plane.through.mm) : 0;
  for (let at = Math.max(0, slice - depth); at <= Math.min(plane.through.size - 1, slice + depth); at += 1) {
    const away = (at - slice) * plane.through.mm;
    coverWithDisc(plane, at, x, y, Math.sqrt(Math.max(0, brush.radiusMm ** 2 - away ** 2)), take);
  }
  takePixel(plane, slice, Math.floor(x), Math.floor(y), take);
}

function coverWithDisc(plane: Plane, slice: number, x: number, y: number, radius: number, take: (voxel: number) => void): void {
  const { across, down } = plane;
  const rows = radius / down.mm;
  for (let row = Math.ceil(y - rows - 0.5); row <= y + rows - 0.5; row += 1) {
    const height = (row + 0.5 - y) * down.mm;
    const columns = Math.sqrt(Math.max(0, radius ** 2 - height ** 2)) / across.mm;
    for (let column = Math.ceil(x - columns - 0.5); column <= x + columns - 0.5; column += 1) takePixel(plane, slice, column, row, take);
  }
}

function takePixel(plane: Plane, slice: number, column: number, row: number, take: (voxel: number) => void): void {
  if (column < 0 || row < 0 || column >= plane.across.size || row >= plane.down.size) return;
  const { first, perColumn, perRow } = plane.steps(slice);
  take(first + column * perColumn + row * perRow);
}

/** Places along a line, close enough for the brush to leave no gaps. */
export function* alongLine(
  plane: Plane, from: readonly [number, number], to: readonly [number, number], radiusMm: number,
): Generator<[number, number]> {
  const [x, y] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(x * plane.across.mm, y * plane.down.mm);
  const apart = Math.max(radiusMm / 3, Math.min(plane.across.mm, plane.down.mm) / 3);
  const n = Math.ceil(length / apart);
  for (let at = n ? 1 : 0; at <= n; at += 1) yield n ? [from[0] + (x * at) / n, from[1] + (y * at) / n] : [to[0], to[1]];
}
