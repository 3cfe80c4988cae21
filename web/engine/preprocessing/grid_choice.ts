/** Choice of the grid: cubic voxels that cover the head in a scan; a port of `choose_grid` in `preprocessing/grid.py`. */

import {
  apply,
  applyMatrix,
  at,
  AXES,
  clamp,
  compose,
  invert,
  outerBounds,
  roundHalfEven,
  scaling,
  vector,
  type Vector,
} from "../affine";
import { percentiles } from "../arrays";
import { interOf, slopeOf } from "../volume";
import { blockAffine } from "./resampling";
import { gridDirections } from "./straight";
import type { Affine, Shape, Volume } from "../types";

/** Background kept around the head where a scan is cropped, in mm. */
const MARGIN_MM = 14;
/** Maximum and minimum extent of the network's grid along an axis, in mm. */
export const MAX_EXTENT_MM = 288;
const MIN_EXTENT_MM = 160;
/** Where a long field of view is cut, the grid starts this far above the top of the head, in mm. */
const ABOVE_HEAD_MM = 16;
/** The head is what is brighter than this fraction of the range between two percentiles of the scan. */
const FOREGROUND = 0.15;
const FOREGROUND_PERCENTILES = [1, 99];
/** The ends of the head are these percentiles of its voxels' coordinates. */
const HEAD_PERCENTILES = [0.1, 99.9];
/** The head is looked for in about this number of planes along each axis. */
const N_SAMPLED_PLANES = 64;
/** A point halfway between two voxels belongs to the one that is nearer after a shift by this much, in mm. */
const TIE_MM = 1e-3;
/** A scan's axis is a grid's axis, in step and direction, if their ratio is 1 to within these tolerances. */
const [SAME_STEP, SAME_DIRECTION] = [0.01, 0.02];
/** Tolerance of NumPy's comparison of two numbers, relative to the second. */
const RELATIVE_TOLERANCE = 1e-5;

type Bounds = readonly [Vector, Vector];

export interface Grid {
  readonly shape: Shape;
  /** Grid indices to world coordinates in mm. */
  readonly affine: Affine;
}

/** Chooses a grid of cubic voxels of `voxelSize` mm that covers the head in a scan; sizes are multiples of a number. */
export function chooseGrid(scan: Volume, voxelSize: number, sizeMultiple: number): Grid {
  const axes = gridDirections(scan.affine);
  const turned: Volume = { ...scan, affine: compose(invert(axes), scan.affine) };
  const [low, high] = covered(turned);
  const shape = vector((axis) => {
    const length = Math.max(high[axis]! - low[axis]!, MIN_EXTENT_MM);
    return sizeMultiple * Math.max(1, Math.ceil(length / voxelSize / sizeMultiple - 1e-6));
  });
  const start = vector((axis) => (low[axis]! + high[axis]!) / 2 - ((shape[axis]! - 1) / 2) * voxelSize);
  const grid = scaling([voxelSize, voxelSize, voxelSize], start);
  const off = offCentre(grid, compose(turned.affine, blockAffine(turned.shape, turned.affine, voxelSize)));
  const moved = scaling([voxelSize, voxelSize, voxelSize], vector((axis) => start[axis]! - off[axis]!));
  return { shape, affine: compose(axes, moved) };
}

/** Lowest and highest coordinates in mm of what the grid covers: the head and a margin, in the field of view. */
function covered(scan: Volume): Bounds {
  const [outerLow, outerHigh] = outerBounds(scan.shape, scan.affine);
  const [headLow, headHigh] = headBounds(scan);
  const low = vector((axis) => Math.max(outerLow[axis]!, headLow[axis]! - MARGIN_MM));
  const high = vector((axis) => Math.min(outerHigh[axis]!, headHigh[axis]! + MARGIN_MM));
  const tooLong = AXES.some((axis) => high[axis]! - low[axis]! > MAX_EXTENT_MM);
  return tooLong ? cutToExtent([low, high], [headLow, headHigh]) : [low, high];
}

/** Lowest and highest coordinates of the head in mm. */
function headBounds(scan: Volume): Bounds {
  const planes = scan.shape.map(sampledPlanes);
  const sample = sampleReal(scan, planes);
  const [low, high] = percentiles(sample, FOREGROUND_PERCENTILES) as [number, number];
  const threshold = low + FOREGROUND * (high - low);
  const points: number[][] = [[], [], []];
  let next = 0;
  for (const z of planes[2]!)
    for (const y of planes[1]!)
      for (const x of planes[0]!)
        if (sample[next++]! > threshold) apply(scan.affine, [x, y, z]).forEach((value, axis) => points[axis]!.push(value));
  if (!points[0]!.length) return outerBounds(scan.shape, scan.affine);
  const ends = points.map((values) => percentiles(Float64Array.from(values), HEAD_PERCENTILES));
  return [vector((axis) => ends[axis]![0]!), vector((axis) => ends[axis]![1]!)];
}

/** Real values at the crossings of some planes, as 32-bit floats. */
function sampleReal(scan: Volume, planes: readonly number[][]): Float32Array {
  const [xs, ys, zs] = planes as [number[], number[], number[]];
  const sample = new Float32Array(xs.length * ys.length * zs.length);
  const [slope, inter] = [Math.fround(slopeOf(scan)), Math.fround(interOf(scan))];
  let next = 0;
  for (const z of zs)
    for (const y of ys) {
      const line = scan.shape[0] * (y + scan.shape[1] * z);
      for (const x of xs) sample[next++] = Math.fround(Math.fround(scan.values[line + x]!) * slope) + inter;
    }
  return sample;
}

/** About 64 indices along an axis, the same counted from either end. */
function sampledPlanes(size: number): number[] {
  const step = Math.max(1, Math.floor(size / N_SAMPLED_PLANES));
  const chosen = new Set<number>();
  for (let index = 0; index < Math.floor((size + 1) / 2); index += step) chosen.add(index).add(size - 1 - index);
  return [...chosen].sort((a, b) => a - b);
}

/**
 * How far grid points lie from the centres of voxels of the same size and axes, in mm: interpolation halfway between
 * two voxels would blur.
 */
function offCentre(grid: Affine, reduced: Affine): Vector {
  const toVoxels = invert(reduced);
  const places = compose(toVoxels, grid);
  const tie = applyMatrix(toVoxels, [TIE_MM, TIE_MM, TIE_MM]);
  const isOne = (value: number, tolerance: number): boolean => Math.abs(value - 1) <= tolerance + RELATIVE_TOLERANCE;
  const shift = vector((row) => {
    const steps = AXES.map((column) => Math.abs(at(places, row, column)));
    const isSame = isOne(Math.max(...steps), SAME_STEP) && isOne(steps.reduce((sum, step) => sum + step, 0), SAME_DIRECTION);
    const place = at(places, row, 3);
    return isSame ? place - roundHalfEven(place + tie[row]!) : 0;
  });
  return applyMatrix(reduced, shift);
}

/** Cuts a field of view to the maximum extent: centred on the head, but measured downwards from its top. */
function cutToExtent([low, high]: Bounds, [headLow, headHigh]: Bounds): Bounds {
  const centre = vector((axis) =>
    axis === 2 ? headHigh[2] + ABOVE_HEAD_MM - MAX_EXTENT_MM / 2 : (headLow[axis]! + headHigh[axis]!) / 2,
  );
  const isTooLong = (axis: number): boolean => high[axis]! - low[axis]! > MAX_EXTENT_MM;
  const start = vector((axis) => {
    const last = Math.max(low[axis]!, high[axis]! - MAX_EXTENT_MM);
    return isTooLong(axis) ? clamp(centre[axis]! - MAX_EXTENT_MM / 2, low[axis]!, last) : low[axis]!;
  });
  return [start, vector((axis) => (isTooLong(axis) ? start[axis]! + MAX_EXTENT_MM : high[axis]!))];
}
