/** Outline: the voxels of a slice that a closed line goes around. */

import type { Plane } from "../viewer/plane";

export type Place = readonly [x: number, y: number];

/** Calls a function with each voxel whose centre lies inside a line, whose ends are joined; a line that crosses itself encloses all that it goes around. */
export function coverOutline(plane: Plane, slice: number, line: readonly Place[], take: (voxel: number) => void): void {
  const { across, down } = plane;
  const { first, perColumn, perRow } = plane.steps(slice);
  const rows = line.map(([, y]) => y);
  const last = Math.min(down.size - 1, Math.floor(Math.max(...rows)));
  for (let row = Math.max(0, Math.floor(Math.min(...rows))); row <= last; row += 1) {
    for (const [from, to] of insideRow(line, row + 0.5)) {
      const end = Math.min(across.size - 1, Math.ceil(to - 0.5) - 1);
      for (let column = Math.max(0, Math.ceil(from - 0.5)); column <= end; column += 1) take(first + column * perColumn + row * perRow);
    }
  }
}

/** Stretches of a row that lie inside a line: where it winds around them. */
function insideRow(line: readonly Place[], y: number): [from: number, to: number][] {
  const crossings = line.flatMap((from, at): [x: number, turn: number][] => {
    const to = line[(at + 1) % line.length] as Place;
    if (from[1] <= y === to[1] <= y) return [];
    return [[from[0] + ((y - from[1]) / (to[1] - from[1])) * (to[0] - from[0]), from[1] <= y ? 1 : -1]];
  });
  crossings.sort(([one], [two]) => one - two);
  const found: [number, number][] = [];
  let turns = 0;
  crossings.forEach(([x, turn], at) => {
    const before = turns;
    turns += turn;
    if (before !== 0) found.push([crossings[at - 1]?.[0] ?? x, x]);
  });
  return found;
}
