/** Boxes around what a mask holds. */

import { AXES, type Box, type Range } from "./affine";
import type { Shape } from "./types";

/** The smallest box around the voxels that are not 0; undefined if there are none. */
export function boundsOf(values: Uint8Array, shape: Shape): Box | undefined {
  const filled = AXES.map((axis) => new Uint8Array(shape[axis]!));
  for (let z = 0, place = 0; z < shape[2]; z++)
    for (let y = 0; y < shape[1]; y++)
      for (let x = 0; x < shape[0]; x++, place++) if (values[place]) filled[0]![x] = filled[1]![y] = filled[2]![z] = 1;
  const side = (axis: number): Range => [filled[axis]!.indexOf(1), filled[axis]!.lastIndexOf(1) + 1];
  return filled[0]!.includes(1) ? [side(0), side(1), side(2)] : undefined;
}

/** A box from its sides, no larger than an array. */
export function clippedBox(shape: Shape, side: (axis: 0 | 1 | 2) => Range): Box {
  const clipped = (axis: 0 | 1 | 2): Range => {
    const start = Math.max(0, side(axis)[0]);
    return [start, Math.max(start, Math.min(shape[axis], side(axis)[1]))];
  };
  return [clipped(0), clipped(1), clipped(2)];
}
