/** Grid: one affine map from the scan's voxels to the network's, and the distance back; a port of `preprocessing/grid.py`. */

import { at, AXES, clamp, compose, invert, mappedBounds, scaling, vector, voxelSizes, type Box, type Vector } from "../affine";
import { boxShape, count, paste } from "../arrays";
import { partOf, realValues } from "../volume";
import { interpolate } from "./interpolation";
import { averageBlocks, blockSizes, downsample, upsample } from "./resampling";
import type { Affine, Field, Shape, Volume } from "../types";

/** Voxels around the part of a scan that a grid covers, which blurring and splines use. */
const MARGIN_VOXELS = 4;
/** Of voxels longer than this, in mm, fewer are kept. */
const VERY_COARSE_MM = 12;
/** Tolerance of the field of view beyond the outer faces of its voxels, in voxels. */
const FACE_TOLERANCE = 1e-3;
/** Steps that move a position by less than this over the whole grid, in voxels, are left out. */
const NEGLIGIBLE_STEP = 1e-4;

/** A scan on the network's grid; the axes run to the right, to the front and upwards, or nearly so. */
export interface Conformed extends Field {
  /** 1 where the scan has voxels. */
  readonly fieldOfView: Uint8Array;
  /** Grid indices to world coordinates in mm. */
  readonly affine: Affine;
}

/** The affine of the grid with voxels `times` as long and the same corners. */
export function rescaledAffine(grid: Affine, times: number): Affine {
  const shift = (times - 1) / 2;
  return compose(grid, scaling([times, times, times], [shift, shift, shift]));
}

/** Samples real values on a grid of cubic voxels. */
export function sampleOnGrid(scan: Volume, shape: Shape, grid: Affine): Conformed {
  const part = cropTo(scan, shape, grid);
  const voxel = voxelSizes(grid)[0];
  const averaged = { ...part, ...averageBlocks(part, voxel) };
  const fine = upsample(downsample({ ...averaged, values: realValues(averaged) }, voxel), voxel);
  const values = interpolate(fine, compose(invert(fine.affine), grid), shape);
  return { values, shape, fieldOfView: fieldOfView(shape, compose(invert(scan.affine), grid), scan.shape), affine: grid };
}

/** The part of a scan that a grid covers, with a margin for blurring and splines. */
function cropTo(scan: Volume, shape: Shape, grid: Affine): Volume {
  const blocks = blockSizes(scan.shape, scan.affine, voxelSizes(grid)[0]);
  const sizes = voxelSizes(scan.affine);
  const outer = shape.map((size) => [-0.5, size - 0.5] as const);
  const [lowest, highest] = mappedBounds(outer, compose(invert(scan.affine), grid));
  const margin = vector((axis) => MARGIN_VOXELS * (sizes[axis]! > VERY_COARSE_MM ? 1 : 1 + blocks[axis]!));
  const box = AXES.map((axis) => {
    const block = blocks[axis]!;
    const low = Math.floor((lowest[axis]! - margin[axis]!) / block) * block;
    const high = Math.ceil(highest[axis]! + margin[axis]!);
    return [Math.trunc(clamp(low, 0, scan.shape[axis]!)), clamp(high, 0, scan.shape[axis]!)] as const;
  }) as unknown as Box;
  return box.some(([low, high], axis) => high - low < margin[axis]!) ? scan : partOf(scan, box);
}

/** Which grid voxels have their centre in the scan. Computed in 32-bit floats, as in Python. */
function fieldOfView(shape: Shape, toScan: Affine, scanShape: Shape): Uint8Array {
  const inside = new Uint8Array(count(shape)).fill(1);
  const low = Math.fround(-(0.5 + FACE_TOLERANCE));
  for (const row of AXES) {
    const high = Math.fround(scanShape[row]! - (0.5 - FACE_TOLERANCE));
    const [x, y, z] = AXES.map((axis) => positionsAlong(at(toScan, row, axis), shape[axis]!)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const offset = Math.fround(at(toScan, row, 3));
    let place = 0;
    for (let k = 0; k < shape[2]; k++)
      for (let j = 0; j < shape[1]; j++)
        for (let i = 0; i < shape[0]; i++, place++) {
          const position = Math.fround(Math.fround(Math.fround(offset + x[i]!) + y[j]!) + z[k]!);
          if (position < low || position > high) inside[place] = 0;
        }
  }
  return inside;
}

/** Positions along one axis of the scan that steps along one axis of the grid add. */
function positionsAlong(step: number, size: number): Float32Array {
  const rounded = Math.fround(step);
  const counts = Math.abs(rounded) * size > NEGLIGIBLE_STEP;
  return Float32Array.from({ length: size }, (_, index) => (counts ? index * rounded : 0));
}

/** The field of view and affine of the grid with voxels `times` as long and the same corners. */
export function coarsened(conformed: Conformed, times: number): { shape: Shape; fieldOfView: Uint8Array; affine: Affine } {
  const [nx, ny] = conformed.shape;
  const first = Math.floor(times / 2);
  const shape = vector((axis) => Math.ceil((conformed.shape[axis]! - first) / times));
  const inside = new Uint8Array(count(shape));
  let next = 0;
  for (let z = 0; z < shape[2]; z++)
    for (let y = 0; y < shape[1]; y++)
      for (let x = 0; x < shape[0]; x++)
        inside[next++] = conformed.fieldOfView[first + times * x + nx * (first + times * y + ny * (first + times * z))]!;
  return { shape, fieldOfView: inside, affine: rescaledAffine(conformed.affine, times) };
}

/** Averages an image to voxels `times` as long, from the same corner; empty voxels are added up to `sizeMultiple`. */
export function averaged(image: Field, times: number, sizeMultiple = 1): Field {
  const [nx, ny, nz] = image.shape;
  const unit = times * sizeMultiple;
  const shape = vector((axis) => Math.ceil(image.shape[axis]! / unit) * sizeMultiple);
  const sums = new Float64Array(count(shape));
  const share = 1 / times ** 3;
  for (let z = 0, place = 0; z < nz; z++)
    for (let y = 0; y < ny; y++) {
      const line = shape[0] * (Math.floor(y / times) + shape[1] * Math.floor(z / times));
      for (let x = 0; x < nx; x++, place++) sums[line + Math.floor(x / times)]! += image.values[place]!;
    }
  return { values: new Float32Array(sums.map((sum) => sum * share)), shape };
}

/** Interpolates a distance from the network's grid to the scan's own voxels; `far` in mm away from the brain. */
export function toNative(field: Field, grid: Affine, scan: Volume, far: number): Float32Array {
  const result = new Float32Array(count(scan.shape)).fill(far);
  const near = boundsBelow(field, Math.fround(far - 1e-3));
  if (!near) return result;
  const [low, high] = mappedBounds(near, compose(invert(scan.affine), grid));
  const box = AXES.map((axis) => {
    const start = clamp(Math.floor(low[axis]!), 0, scan.shape[axis]!);
    return [start, Math.max(start, clamp(Math.ceil(high[axis]!) + 1, 0, scan.shape[axis]!))] as const;
  }) as unknown as Box;
  if (Math.min(...boxShape(box)) === 0) return result;
  const start: Vector = [box[0][0], box[1][0], box[2][0]];
  const toField = compose(compose(invert(grid), scan.affine), scaling([1, 1, 1], start));
  paste(interpolate(field, toField, boxShape(box)), result, scan.shape, box);
  return result;
}

/** For each axis, the first index less one and the last index plus one of the values below a limit. */
function boundsBelow({ values, shape }: Field, limit: number): [number, number][] | undefined {
  const ends: [number, number][] = shape.map(() => [Infinity, -Infinity]);
  for (let z = 0, place = 0; z < shape[2]; z++)
    for (let y = 0; y < shape[1]; y++)
      for (let x = 0; x < shape[0]; x++, place++)
        if (values[place]! < limit)
          [x, y, z].forEach((index, axis) => {
            const end = ends[axis]!;
            if (index - 1 < end[0]) end[0] = index - 1;
            if (index + 1 > end[1]) end[1] = index + 1;
          });
  return ends[0]![0] === Infinity ? undefined : ends;
}
