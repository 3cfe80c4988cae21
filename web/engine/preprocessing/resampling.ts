/**
 * Resampling: averaging or splitting voxels to the voxel size of a grid; a port of `preprocessing/resampling.py`.
 *
 * A scan finer than the network's grid is averaged before it is sampled; a much coarser one is first split by cubic
 * splines.
 */

import { AXES, compose, scaling, vector, voxelSizes, type Vector } from "../affine";
import { count, resized, strides } from "../arrays";
import { refine } from "./splines";
import type { Affine, Field, Shape, VoxelArray } from "../types";

/** Voxels are split if they are longer than this many voxels of the grid. */
const COARSE = 1.25;
/** Cubic splines need at least this many voxels along the axis. */
const SPLINE_VOXELS = 4;
/** Voxel sizes in headers are rounded: 2.0000001 mm are two voxels of 1 mm, not three. */
const SPLIT_TOLERANCE = 0.05;
const BLOCK_TOLERANCE = 1e-3;
/** Gaussian blurs narrower than this standard deviation, in voxels, change nothing worth the time. */
const NARROWEST_BLUR = 0.1;

/** Voxels of any type with their place in the world. */
export interface Placed<Values extends VoxelArray = VoxelArray> {
  readonly values: Values;
  readonly shape: Shape;
  readonly affine: Affine;
}

/** Number of whole voxels, along each axis, in blocks that are at most `voxel` mm long. */
export function blockSizes(shape: Shape, affine: Affine, voxel: number): Vector {
  const sizes = voxelSizes(affine);
  return vector((axis) => Math.max(1, Math.min(Math.trunc(voxel / sizes[axis]! + BLOCK_TOLERANCE), shape[axis]!)));
}

/** The map from indices of blocks to voxel indices. */
export function blockAffine(shape: Shape, affine: Affine, voxel: number): Affine {
  const blocks = blockSizes(shape, affine, voxel);
  return scaling(blocks, vector((axis) => (blocks[axis]! - 1) / 2));
}

/** Averages blocks of whole voxels, at most `voxel` mm long; the image itself if no block has more than one voxel. */
export function averageBlocks(image: Placed, voxel: number): Placed {
  const blocks = blockSizes(image.shape, image.affine, voxel);
  let { values, shape }: Pick<Placed, "values" | "shape"> = image;
  AXES.forEach((axis) => {
    if (blocks[axis]! > 1) ({ values, shape } = blockMean(values, shape, axis, blocks[axis]!));
  });
  return { values, shape, affine: compose(image.affine, blockAffine(image.shape, image.affine, voxel)) };
}

/** Averages `block` voxels at a time along an axis; a last block that is too short repeats the last voxel. */
function blockMean(values: VoxelArray, shape: Shape, axis: number, block: number): Field {
  const size = shape[axis]!;
  const length = Math.ceil(size / block);
  const reduced = resized(shape, axis, length);
  const total = new Float32Array(count(reduced));
  const stride = strides(shape)[axis]!;
  const nOuter = count(shape) / (stride * size);
  for (let outer = 0; outer < nOuter; outer++)
    for (let index = 0; index < length; index++) {
      const to = stride * (index + length * outer);
      for (let offset = 0; offset < block; offset++) {
        const from = stride * (Math.min(index * block + offset, size - 1) + size * outer);
        for (let i = 0; i < stride; i++) total[to + i]! += values[from + i]!;
      }
      for (let i = 0; i < stride; i++) total[to + i]! /= block;
    }
  return { values: total, shape: reduced };
}

/** Averages a fine image before it is sampled on a coarser grid: blocks first, then a Gaussian for what detail is left. */
export function downsample(image: Placed<Float32Array>, voxel: number): Placed<Float32Array> {
  const reduced = averageBlocks(image, voxel) as Placed<Float32Array>;
  let { values } = reduced;
  voxelSizes(reduced.affine).forEach((step, axis) => {
    const width = Math.max(0, (voxel / step - 1) / 2);
    if (width > NARROWEST_BLUR) values = blur({ values, shape: reduced.shape }, width, axis);
  });
  return { ...reduced, values };
}

/** Blurs along an axis with a Gaussian of standard deviation `width` voxels, cut off at three; edges are repeated. */
function blur({ values, shape }: Field, width: number, axis: number): Float32Array {
  const weights = gaussian(width);
  const reach = (weights.length - 1) / 2;
  const size = shape[axis]!;
  const stride = strides(shape)[axis]!;
  const blurred = new Float32Array(values.length);
  for (let to = 0; to < values.length; to += stride) {
    const index = (to / stride) % size;
    for (let term = 0; term < weights.length; term++) {
      const from = to + stride * (Math.min(Math.max(index + term - reach, 0), size - 1) - index);
      for (let i = 0; i < stride; i++) blurred[to + i]! += values[from + i]! * weights[term]!;
    }
  }
  return blurred;
}

function gaussian(width: number): Float32Array {
  const reach = Math.max(1, Math.trunc(3 * width + 0.5));
  const weights = Array.from({ length: 2 * reach + 1 }, (_, index) => Math.exp(-0.5 * ((index - reach) / width) ** 2));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float32Array.from(weights, (weight) => weight / sum);
}

/** Splits voxels much longer than `voxel` mm by cubic splines. */
export function upsample(image: Placed<Float32Array>, voxel: number): Placed<Float32Array> {
  const sizes = voxelSizes(image.affine);
  const times = vector((axis) => {
    const isCoarse = sizes[axis]! > COARSE * voxel && image.shape[axis]! >= SPLINE_VOXELS;
    return isCoarse ? Math.ceil(sizes[axis]! / voxel - SPLIT_TOLERANCE) : 1;
  });
  let field: Field = image;
  AXES.forEach((axis) => {
    if (times[axis] !== 1) field = refine(field, axis, times[axis]!);
  });
  const scale = scaling(vector((axis) => 1 / times[axis]!), vector((axis) => (1 / times[axis]! - 1) / 2));
  return { ...field, affine: compose(image.affine, scale) };
}
