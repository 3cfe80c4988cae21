/** Fill: a hole around a voxel, in its slice or in three dimensions. */

import type { Body } from "../viewer/body";
import type { Plane } from "../viewer/plane";

type Place = [column: number, row: number, slice: number];
const IN_SLICE: readonly Place[] = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]];
const ALL: readonly Place[] = [...IN_SLICE, [0, 0, 1], [0, 0, -1]];

/** Finds the voxels of a hole; undefined if it is open to the edge of the scan. */
export function findHole(body: Body, plane: Plane, start: Readonly<Place>, is3d: boolean): number[] | undefined {
  const seen = new Set<number>();
  const waiting: Place[] = [[...start]];
  const found: number[] = [];
  while (waiting.length) {
    const place = waiting.pop() as Place;
    const voxel = voxelAt(plane, place);
    if (voxel === undefined) return undefined;
    if (seen.has(voxel) || body.isInside(voxel)) continue;
    seen.add(voxel);
    found.push(voxel);
    for (const [column, row, slice] of is3d ? ALL : IN_SLICE) waiting.push([place[0] + column, place[1] + row, place[2] + slice]);
  }
  return found;
}

function voxelAt(plane: Plane, [column, row, slice]: Place): number | undefined {
  const isOutside = column < 0 || row < 0 || slice < 0 || column >= plane.across.size || row >= plane.down.size || slice >= plane.through.size;
  if (isOutside) return undefined;
  const { first, perColumn, perRow } = plane.steps(slice);
  return first + column * perColumn + row * perRow;
}
