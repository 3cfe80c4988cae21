/**
 * Cells: what the critic is shown, a window around the mask in cells of two voxels along each axis, whose voxels become
 * channels; a port of `deskull.quality.critic.cells`.
 */

import { clamp, vector, type Box, type Range } from "../affine";
import { boxShape, count, cut, paste, sameType } from "../arrays";
import { clippedBox } from "../boxes";
import type { Shape, VoxelArray } from "../types";
import type { MaskEvidence } from "./evidence";

/** Number of voxels along the edge of a cell, and of cells of which the sides of a window are multiples. */
const [CELL, MULTIPLE] = [2, 4];
/** What the critic sees around the mask, in mm. */
const MARGIN_MM = 16;
/** Distances are clipped to plus or minus this, in mm, and brightness to the range from 0 to the second number. */
const [FAR_MM, BRIGHTEST] = [10, 1.25];
/** Number of voxels in a cell. */
export const CELL_VOXELS = CELL ** 3;
/** Number of channels: image and depth of each voxel, intracranial depth, field of view, and three coordinates. */
export const N_CHANNELS = 2 * CELL_VOXELS + 5;

/** The part of a scan that the critic is shown, on the grid of the network's answer. */
export interface Window {
  readonly shape: Shape;
  /** About 0 to 1; 0 beyond the grid. */
  readonly image: Float32Array;
  /** Signed distance to the mask's edge in mm, negative inside, as far as `FAR_MM`. */
  readonly depth: Float32Array;
  /** The same to the intracranial surface. */
  readonly wide: Float32Array;
  /** 1 where the scan has voxels. */
  readonly seen: Uint8Array;
}

/** Cuts a window around a mask; undefined if the mask is empty. */
export function windowOf({ given, depth, bounds, spacing }: MaskEvidence): Window | undefined {
  if (!bounds) return undefined;
  const box: Box = [sideOf(bounds[0], spacing[0]), sideOf(bounds[1], spacing[1]), sideOf(bounds[2], spacing[2])];
  const distances = (values: Float32Array): Float32Array =>
    cutAround(values, given.shape, box, FAR_MM).map((distance) => clamp(distance, -FAR_MM, FAR_MM));
  return {
    shape: boxShape(box),
    image: cutAround(given.image, given.shape, box, 0).map((value) => clamp(value, 0, BRIGHTEST)),
    depth: distances(depth),
    wide: distances(given.intracranial ?? depth),
    seen: cutAround(given.fieldOfView, given.shape, box, 0),
  };
}

/** One side of the window, its length a multiple of `MULTIPLE` cells. */
function sideOf([first, stop]: Range, spacing: number): Range {
  const [margin, multiple] = [Math.ceil(Math.fround(MARGIN_MM / spacing)), CELL * MULTIPLE];
  const wanted = stop - first + 2 * margin;
  const length = Math.ceil(wanted / multiple) * multiple;
  const start = first - margin - Math.floor((length - wanted) / 2);
  return [start, start + length];
}

/** Copies a box that overlaps an array, and may reach beyond it. */
function cutAround<Values extends VoxelArray>(values: Values, shape: Shape, box: Box, fill: number): Values {
  const held = clippedBox(shape, (axis) => box[axis]);
  const inBox = held.map(([start, stop], axis) => [start - box[axis]![0], stop - box[axis]![0]]) as unknown as Box;
  const result = sameType(values, count(boxShape(box)));
  result.fill(fill);
  paste(cut(values, shape, held), result, boxShape(box), inBox);
  return result;
}

/** Number of cells of a window along each axis. */
export function cellsOf(shape: Shape): Shape {
  return vector((axis) => shape[axis]! / CELL);
}

/** The input of the critic, `N_CHANNELS` values of each cell, in C order; all lie between -1 and 1. */
export function channelsOf({ shape, image, depth, wide, seen }: Window): Float32Array {
  const size = count(cellsOf(shape));
  const result = new Float32Array(N_CHANNELS * size);
  const parts = [
    inCells(image.map((value) => value / BRIGHTEST), shape),
    inCells(depth.map((distance) => distance / FAR_MM), shape),
    meansOf(inCells(wide.map((distance) => distance / FAR_MM), shape)),
    meansOf(inCells(Float32Array.from(seen), shape)),
    coordinates(cellsOf(shape)),
  ];
  let place = 0;
  for (const part of parts) {
    result.set(part, place);
    place += part.length;
  }
  return result;
}

/** The voxels of each cell as channels, in C order. */
function inCells(values: Float32Array, shape: Shape): Float32Array {
  const [cells, result] = [cellsOf(shape), new Float32Array(values.length)];
  let place = 0;
  eachInCOrder([CELL, CELL, CELL], (dx, dy, dz) =>
    eachInCOrder(cells, (u, v, w) => {
      result[place++] = values[CELL * u + dx + shape[0] * (CELL * v + dy + shape[1] * (CELL * w + dz))]!;
    }),
  );
  return result;
}

/** The mean of the channels of each cell. */
function meansOf(channels: Float32Array): Float32Array {
  const size = channels.length / CELL_VOXELS;
  const result = new Float32Array(size);
  channels.forEach((value, place) => (result[place % size]! += value / CELL_VOXELS));
  return result;
}

/** The place of each cell along the three axes, from -1 to 1. */
function coordinates(cells: Shape): Float32Array {
  const size = count(cells);
  const result = new Float32Array(3 * size);
  let place = 0;
  eachInCOrder(cells, (...cell) => {
    for (const [axis, index] of cell.entries()) result[axis * size + place] = (2 * index) / (cells[axis]! - 1) - 1;
    place++;
  });
  return result;
}

/** Calls `use` with the indices of each place of an array, the last index fastest. */
function eachInCOrder([nx, ny, nz]: Shape, use: (x: number, y: number, z: number) => void): void {
  for (let x = 0; x < nx; x++) for (let y = 0; y < ny; y++) for (let z = 0; z < nz; z++) use(x, y, z);
}
