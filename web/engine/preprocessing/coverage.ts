/**
 * Coverage: which planes of an array a scan fills, and which hold one value only because nothing was scanned there; a
 * port of `preprocessing/coverage.py`.
 */

import { AXES, type Box, type Range } from "../affine";
import { boxShape, count, eachVoxel, othersOf, paste, percentiles, strides, wholeBox } from "../arrays";
import { partOf, realValues, slopeOf, voxelMl, withValues } from "../volume";
import { voxelSizes } from "../affine";
import { sampleValues } from "./value_range";
import type { Shape, Volume, VoxelArray } from "../types";

/** A plane has one value if its values differ by less than this fraction of the scan's range. */
const TOLERANCE = 1e-3;
const RANGE_PERCENTILES = [1, 99];
/** Planes of one value count as not scanned where they meet a plane of which at least this area differs from them. */
const SECTION_CM2 = 25;
/** Thinner layers at the ends of the array, in mm, stay in what the network sees. */
const THIN_MM = 5;
/** Planes are first looked at in about this number of lines along each axis. */
const N_SAMPLED_LINES = 32;

/** The part of an array that a scan fills. */
export interface Coverage {
  /** The array without the planes at its ends that were not scanned, unless they are few. */
  readonly box: Box;
  /** For each axis, the runs of planes in the box that were not scanned, counted from its start. */
  readonly gaps: readonly (readonly Range[])[];
}

/** Stored values in a box of an array, and what decides whether planes of it are flat. */
interface Scanned {
  readonly values: VoxelArray;
  readonly shape: Shape;
  readonly box: Box;
  readonly tolerance: number;
}

/** Finds the planes of a 3-D scan in which nothing was scanned: padding, and slices that were cut or are missing. */
export function findCoverage(scan: Volume): Coverage {
  const [low, high] = percentiles(sampleValues(scan, N_SAMPLED_LINES), RANGE_PERCENTILES) as [number, number];
  const tolerance = (TOLERANCE * (high - low)) / Math.abs(slopeOf(scan));
  const sizes = voxelSizes(scan.affine);
  const nVoxels = sizes.map((size) => (SECTION_CM2 * size) / (10 * voxelMl(scan.affine)));
  let box = wholeBox(scan.shape);
  for (;;) {
    const scanned: Scanned = { values: scan.values, shape: scan.shape, box, tolerance };
    const gaps = AXES.map((axis) => unscannedRuns(scanned, axis, nVoxels[axis]!));
    const thick = gaps.map((runs, axis) => runs.filter(([start, stop]) => stop - start >= THIN_MM / sizes[axis]!));
    const trimmed = box.map((side, axis) => trimmedSide(side, thick[axis]!)) as unknown as Box;
    if (trimmed.every(([start, stop], axis) => start === box[axis]![0] && stop === box[axis]![1])) return { box, gaps };
    box = trimmed;
  }
}

function trimmedSide([start, stop]: Range, runs: readonly Range[]): Range {
  const size = stop - start;
  const first = runs.find((run) => run[0] === 0)?.[1] ?? 0;
  const last = runs.find((run) => run[1] === size)?.[0] ?? size;
  return [start + first, start + last];
}

/** Runs of planes across an axis that were not scanned: a sample finds candidates, which are looked at in full. */
function unscannedRuns(scanned: Scanned, axis: number, nVoxels: number): Range[] {
  const [size, ...others] = [axis, ...othersOf(axis)].map((each) => scanned.box[each]![1] - scanned.box[each]![0]);
  const steps = others.map((other) => Math.max(1, Math.floor(other / N_SAMPLED_LINES)));
  const sampled = indices(0, size!).filter((index) => isFlat(scanned, axis, index, steps));
  const planes = runsOf(sampled)
    .filter((run) => meetsSections(scanned, axis, run, nVoxels))
    .flatMap(([start, stop]) => indices(start, stop).filter((index) => isFlat(scanned, axis, index, [1, 1])));
  return runsOf(planes).filter((run) => meetsSections(scanned, axis, run, nVoxels));
}

function indices(start: number, stop: number): number[] {
  return Array.from({ length: stop - start }, (_, offset) => start + offset);
}

/** Runs of consecutive indices: the first and the one after the last. */
function runsOf(sorted: readonly number[]): Range[] {
  const runs: [number, number][] = [];
  for (const index of sorted) {
    const last = runs.at(-1);
    if (last && last[1] === index) last[1] = index + 1;
    else runs.push([index, index + 1]);
  }
  return runs;
}

/** Calls `use` with each value of a plane of the box, every `steps`-th along its two axes. */
function eachInPlane(
  scanned: Scanned,
  axis: number,
  index: number,
  steps: readonly number[],
  use: (value: number) => void,
): void {
  const [a, b] = othersOf(axis);
  const start = scanned.box[axis]![0] + index;
  const plane = scanned.box.map((side, other) => (other === axis ? ([start, start + 1] as const) : side)) as unknown as Box;
  const along = AXES.map((other) => (other === a ? steps[0]! : other === b ? steps[1]! : 1)) as unknown as Shape;
  eachVoxel(scanned.shape, plane, (place) => use(scanned.values[place]!), along);
}

function isFlat(scanned: Scanned, axis: number, index: number, steps: readonly number[]): boolean {
  let [low, high] = [Infinity, -Infinity];
  eachInPlane(scanned, axis, index, steps, (value) => {
    if (value < low) low = value;
    if (value > high) high = value;
  });
  return high - low <= scanned.tolerance;
}

/** Whether a run of planes of one value borders, on each side, on a plane of which `nVoxels` differ from it. */
function meetsSections(scanned: Scanned, axis: number, [start, stop]: Range, nVoxels: number): boolean {
  const { box, values, tolerance } = scanned;
  const step = strides(scanned.shape);
  const corner = AXES.reduce((sum, other) => sum + step[other]! * (box[other]![0] + (other === axis ? start : 0)), 0);
  const value = values[corner]!;
  const neighbours = [start - 1, stop].filter((index) => index >= 0 && index < box[axis]![1] - box[axis]![0]);
  const differs = (index: number): boolean => {
    let differing = 0;
    eachInPlane(scanned, axis, index, [1, 1], (other) => {
      if (Math.abs(other - value) > tolerance) differing++;
    });
    return differing >= nVoxels;
  };
  return neighbours.length > 0 && neighbours.every(differs);
}

/**
 * The scan as though it had been saved without the planes that were not scanned. Missing slices between others are
 * interpolated linearly, so that the network finds the brain on both sides.
 */
export function coveredPart(coverage: Coverage, scan: Volume): Volume {
  const part = partOf(scan, coverage.box);
  const inner = coverage.gaps.flatMap((runs, axis) =>
    runs.filter(([start, stop]) => start > 0 && stop < part.shape[axis]!).map((run) => ({ axis, run })),
  );
  if (!inner.length) return part;
  const values = realValues(part);
  for (const { axis, run } of inner) interpolatePlanes(values, part.shape, axis, run);
  return withValues(part, values);
}

function planeBox(shape: Shape, axis: number, run: Range): Box {
  return wholeBox(shape).map((side, other) => (other === axis ? run : side)) as unknown as Box;
}

/** Replaces planes across an axis, in place, by linear interpolation between those on either side. */
function interpolatePlanes(values: Float32Array, shape: Shape, axis: number, [start, stop]: Range): void {
  const step = strides(shape)[axis]!;
  for (let index = start; index < stop; index++) {
    const weight = Math.fround((index - start + 1) / (stop - start + 1));
    eachVoxel(shape, planeBox(shape, axis, [index, index + 1]), (place) => {
      const before = values[place - (index - start + 1) * step]!;
      const after = values[place + (stop - index) * step]!;
      values[place] = before + weight * (after - before);
    });
  }
}

/** An array on the voxels of the covered part in the shape of the scan; `outside` where nothing was scanned. */
export function embed<Values extends Float32Array | Uint8Array>(
  coverage: Coverage,
  values: Values,
  shape: Shape,
  outside: number,
): Values {
  const { box, gaps } = coverage;
  let whole = values;
  if (values.length !== count(shape)) {
    whole = new (values.constructor as new (length: number) => Values)(count(shape));
    whole.fill(outside);
    paste(values, whole, shape, box);
  }
  const inBox = boxShape(box);
  gaps.forEach((runs, axis) => {
    for (const run of runs) {
      const gap = planeBox(inBox, axis, run).map(([start, stop], other) => {
        const offset = box[other]![0];
        return [start + offset, stop + offset] as const;
      }) as unknown as Box;
      eachVoxel(shape, gap, (place) => (whole[place] = outside));
    }
  });
  return whole;
}
