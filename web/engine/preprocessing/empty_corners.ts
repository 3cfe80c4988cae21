/**
 * Empty corners: what an oblique scan leaves empty in the array of a grid to which it was resampled; a port of
 * `preprocessing/empty_corners.py`.
 */

import { AXES, vector, voxelSizes, type Box } from "../affine";
import { boxShape, count, cut, strides } from "../arrays";
import { boundsOf } from "../boxes";
import { voxelMl } from "../volume";
import type { Shape, Volume } from "../types";

/** The mask is cleared where the empty part of it is at least this thick, in mm. */
const THICK_MM = 6;
/** Less mask than this in voxels of the value of the corners, in ml, is not looked at further. */
const MIN_ML = 10;
/** It is measured on about this number of planes. */
const N_SAMPLED_PLANES = 32;

/** A part of an array, and the empty voxels in it. */
export interface EmptyPart {
  readonly box: Box;
  readonly empty: Uint8Array;
}

/** Finds where a mask on the voxels of a scan reaches into corners of the array that the scan leaves empty. */
export function emptyCorners(mask: Uint8Array, scan: Volume): EmptyPart | undefined {
  const value = sharedCornerValue(scan);
  if (value === undefined || emptyMl(mask, scan, value) < MIN_ML) return undefined;
  const { values, shape } = scan;
  const empty = new Uint8Array(mask.length);
  for (let i = 0; i < mask.length; i++) if (mask[i] && values[i] === value) empty[i] = 1;
  const box = boundsOf(empty, shape);
  if (!box) return undefined;
  const part = cut(empty, shape, box);
  const between = liesBetween(scan, value, box);
  for (let i = 0; i < part.length; i++) if (between[i]) part[i] = 0;
  return { box, empty: thickParts(part, boxShape(box), scan) };
}

/** The stored value of most corners of an array, if at least two have it. */
function sharedCornerValue({ values, shape }: Volume): number | undefined {
  const step = strides(shape);
  const corners = Array.from({ length: 8 }, (_, number) =>
    AXES.reduce((sum, axis) => sum + ((number >> axis) & 1 ? (shape[axis]! - 1) * step[axis]! : 0), 0),
  );
  const counts = new Map<number, number>();
  for (const corner of corners) counts.set(values[corner]!, (counts.get(values[corner]!) ?? 0) + 1);
  const [best] = [...counts].sort(([a, m], [b, n]) => n - m || a - b);
  return best && best[1] > 1 ? best[0] : undefined;
}

/** Volume in ml of the mask in voxels of a value, measured on a sample of planes. */
function emptyMl(mask: Uint8Array, { values, shape, affine }: Volume, value: number): number {
  const step = Math.max(1, Math.floor(shape[2] / N_SAMPLED_PLANES));
  const plane = shape[0] * shape[1];
  let found = 0;
  for (let z = 0; z < shape[2]; z += step)
    for (let i = z * plane; i < (z + 1) * plane; i++) if (mask[i] && values[i] === value) found++;
  return found * step * voxelMl(affine);
}

/** Which voxels of a box lie along at least one axis between voxels that differ from a value. */
function liesBetween({ values, shape }: Volume, value: number, box: Box): Uint8Array {
  const inBox = boxShape(box);
  const between = new Uint8Array(count(inBox));
  const step = strides(shape);
  const boxStep = strides(inBox);
  for (const axis of AXES) {
    const [start, stop] = box[axis]!;
    eachLine(inBox, axis, (place, index) => {
      const line = AXES.reduce((sum, other) => sum + (other === axis ? 0 : step[other]! * (index[other]! + box[other]![0])), 0);
      const differs = (at: number): boolean => values[line + at * step[axis]!] !== value;
      let [first, last] = [0, shape[axis]! - 1];
      while (first < stop && !differs(first)) first++;
      while (last >= start && !differs(last)) last--;
      for (let at = Math.max(first, start); at <= Math.min(last, stop - 1); at++)
        between[place + (at - start) * boxStep[axis]!] = 1;
    });
  }
  return between;
}

/** Calls `use` with the place in memory and the index of the first voxel of each line along an axis. */
function eachLine(shape: Shape, axis: number, use: (place: number, index: readonly number[]) => void): void {
  const [nx, ny, nz] = vector((other) => (other === axis ? 1 : shape[other]!));
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++) use(x + shape[0] * (y + shape[1] * z), [x, y, z]);
}

/** The parts of a mask that hold a box of `THICK_MM` along each axis, and what lies within as much of them. */
function thickParts(mask: Uint8Array, shape: Shape, scan: Volume): Uint8Array {
  const halves = voxelSizes(scan.affine).map((step) => Math.ceil(THICK_MM / step / 2 - 0.5));
  let parts = mask;
  for (const axis of AXES) parts = windowed(parts, shape, axis, halves[axis]!, (inside, length) => inside === length);
  for (const axis of AXES) parts = windowed(parts, shape, axis, 3 * halves[axis]!, (inside) => inside > 0);
  for (let i = 0; i < parts.length; i++) parts[i]! &= mask[i]!;
  return parts;
}

/** Tests, for each voxel, how many voxels are in the mask of the window of `2 * half + 1` along an axis around it. */
function windowed(
  mask: Uint8Array,
  shape: Shape,
  axis: number,
  half: number,
  test: (inside: number, length: number) => boolean,
): Uint8Array {
  const result = new Uint8Array(mask.length);
  const size = shape[axis]!;
  const step = strides(shape)[axis]!;
  eachLine(shape, axis, (line) => {
    let inside = 0;
    for (let index = -half; index < size; index++) {
      if (index + half < size) inside += mask[line + (index + half) * step]!;
      if (index - half - 1 >= 0) inside -= mask[line + (index - half - 1) * step]!;
      if (index >= 0 && test(inside, 2 * half + 1)) result[line + index * step] = 1;
    }
  });
  return result;
}
