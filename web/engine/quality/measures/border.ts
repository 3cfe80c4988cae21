/**
 * Border: how sharply the network sees the edge, and what the scan shows on both sides of it.
 * `deskull.quality.measures.border` says what each measure is.
 */

import { AXES, type Vector } from "../../affine";
import { strides } from "../../arrays";
import type { Shape } from "../../types";
import type { MaskEvidence, Surroundings } from "../evidence";
import { countWhere, mean, percentile, select, variance } from "../statistics";
import type { Measures } from "../trees";

/** Shells on either side of the edge, in mm, whose brightness is compared. */
const [SHELL_FROM_MM, SHELL_TO_MM] = [1, 4];
/** Shells with fewer voxels are not compared. */
const FEWEST_VOXELS = 20;
const NO_CONTRAST = { edge_contrast: NaN, edge_gradient: NaN };

export function borderMeasures({ around, spacing }: MaskEvidence): Measures {
  const { depth, shape } = around;
  const nWithin = (limit: number): number => countWhere(depth.length, (voxel) => depth[voxel]! < limit);
  const [narrow, wide] = [nWithin(-1), nWithin(1)];
  const lengths = where(around, gradientLength(depth, shape, spacing), (value) => Math.abs(value) < 3);
  return {
    sharpness: wide ? (2 * narrow) / (narrow + wide) : 0,
    gradient: mean(lengths),
    gradient_10: percentile(lengths, 10),
    ...contrast(around, spacing),
  };
}

/** What the scan shows at the edge. */
function contrast(around: Surroundings, spacing: Vector): Measures {
  const { image, shape } = around;
  const inner = where(around, image, (value) => value > -SHELL_TO_MM && value < -SHELL_FROM_MM);
  const outer = where(around, image, (value) => value < SHELL_TO_MM && value > SHELL_FROM_MM);
  const slopes = gradientLength(image, shape, spacing);
  const edge = where(around, slopes, (value) => Math.abs(value) < 2);
  const core = where(around, slopes, (value) => value < -6);
  if ([inner, outer, edge, core].some((values) => values.length < FEWEST_VOXELS)) return NO_CONTRAST;
  const spread = Math.sqrt(0.5 * (variance(inner) + variance(outer))) + 1e-3;
  return {
    edge_contrast: Math.abs(mean(inner) - mean(outer)) / spread,
    edge_gradient: mean(edge) / (mean(core) + 1e-3),
  };
}

/** The numbers where the scan has voxels and the distance to the edge is as asked for. */
function where({ seen, depth }: Surroundings, values: Float32Array, holds: (depth: number) => boolean): Float32Array {
  return select(values, (voxel) => seen[voxel] === 1 && holds(depth[voxel]!));
}

/** The length of the gradient per mm, from both neighbours; at the ends of the array, from one. */
function gradientLength(values: Float32Array, shape: Shape, spacing: Vector): Float32Array {
  const total = new Float32Array(values.length);
  for (const axis of AXES) addSquaredSlopes(total, values, strides(shape)[axis]!, shape[axis]!, spacing[axis]!);
  return total.map(Math.sqrt);
}

function addSquaredSlopes(total: Float32Array, values: Float32Array, stride: number, size: number, edgeMm: number): void {
  for (let voxel = 0; voxel < values.length; voxel += 1) {
    const index = Math.floor(voxel / stride) % size;
    const [before, after] = [index > 0 ? 1 : 0, index < size - 1 ? 1 : 0];
    const difference = values[voxel + after * stride]! - values[voxel - before * stride]!;
    total[voxel]! += (difference / ((before + after) * edgeMm)) ** 2;
  }
}
