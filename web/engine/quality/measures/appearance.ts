/**
 * Appearance: how bright the scan is inside the mask and around it, shell by shell.
 * `deskull.quality.measures.appearance` says what each measure is.
 */

import { roundHalfEven, vector, type Range, type Vector } from "../../affine";
import { count, cut, percentiles } from "../../arrays";
import { clippedBox } from "../../boxes";
import type { Shape } from "../../types";
import type { MaskEvidence, Surroundings } from "../evidence";
import { fraction, mean, select, standardDeviation } from "../statistics";
import type { Measures } from "../trees";

/** Edges of the shells, as distances to the mask's edge in mm; negative inside. Networks clip distances to 10 mm. */
const SHELLS = [
  ["core", -99, -9], ["middle", -9, -5], ["cortex", -5, -2], ["rim", -1.5, 1], ["fluid", 1, 3], ["skull", 4, 7],
  ["scalp", 7, Math.fround(9.4)],
] as const;
/** What is darker than this on a scale from 0 to 1 has no signal. */
const DARK = Math.fround(0.03);
/** Blocks whose mean brightness tells shading, in mm. */
const BLOCK_MM = 16;
/** How far the face is looked for below the brain, in mm, and half as far in front of it. */
const FACE_MM = 40;
/** Parts with fewer voxels are not measured. */
const FEWEST_VOXELS = 50;

export function appearanceMeasures(evidence: MaskEvidence): Measures {
  const { around, spacing } = evidence;
  const deep = brightness(around, (depth) => depth < -2);
  const level = deep.length ? mean(deep) : 0;
  return {
    inside_level: level,
    shading: shading(around, spacing),
    ...shells(around, Math.max(level, 1e-3)),
    ...extremesOf(deep),
    dark_inside: fraction(deep, isDark),
    dark_outside: fraction(brightness(around, (depth) => depth > 2 && depth < 9.5), isDark),
    ...belowBrain(evidence),
  };
}

function isDark(value: number): boolean {
  return value < DARK;
}

/** The scan where it has voxels and the distance to the edge is as asked for. */
function brightness({ image, seen, depth }: Surroundings, holds: (depth: number) => boolean): Float32Array {
  return select(image, (voxel) => seen[voxel] === 1 && holds(depth[voxel]!));
}

/** Mean and standard deviation of the brightness of each shell, in units of that of the inside. */
function shells(around: Surroundings, scale: number): Measures {
  const measures: Record<string, number> = {};
  for (const [name, low, high] of SHELLS) {
    const values = brightness(around, (depth) => depth >= low && depth < high);
    const isEnough = values.length >= FEWEST_VOXELS;
    measures[`bright_${name}`] = isEnough ? mean(values) / scale : NaN;
    measures[`spread_${name}`] = isEnough ? standardDeviation(values) / scale : NaN;
  }
  return measures;
}

/** How far the darkest and the brightest values deep inside are from the usual ones. */
function extremesOf(values: Float32Array): Measures {
  if (values.length < FEWEST_VOXELS) return { darkest: NaN, brightest: NaN };
  const [darkest, usual, brightest] = percentiles(values, [1, 50, 99]) as [number, number, number];
  const scale = Math.max(usual, 1e-3);
  return { darkest: darkest / scale, brightest: brightest / scale };
}

/** How much of the face and of the nape has no signal. */
function belowBrain({ bounds, spacing, given, depth }: MaskEvidence): Measures {
  if (!bounds) return { dark_face: NaN, dark_nape: NaN };
  const [x, [back, front], [bottom]] = bounds;
  const middle = Math.floor((back + front) / 2);
  const reach = vector((axis) => roundHalfEven(Math.fround(FACE_MM / spacing[axis]!)));
  const low: Range = [bottom - reach[2], bottom + Math.floor(reach[2] / 2)];
  const dark = (side: Range): number => {
    const box = clippedBox(given.shape, (axis) => [x, side, low][axis]!);
    const part = <Values extends Float32Array | Uint8Array>(values: Values): Values => cut(values, given.shape, box);
    const [seen, outside] = [part(given.fieldOfView), part(depth)];
    const values = select(part(given.image), (voxel) => seen[voxel] === 1 && outside[voxel]! > 8);
    return values.length >= FEWEST_VOXELS ? fraction(values, isDark) : NaN;
  };
  return { dark_face: dark([middle, front + Math.floor(reach[1] / 2)]), dark_nape: dark([back, middle]) };
}

/** The standard deviation of the logarithm of the mean brightness of blocks inside. */
function shading(around: Surroundings, spacing: Vector): number {
  const steps = vector((axis) => Math.max(1, roundHalfEven(Math.fround(BLOCK_MM / spacing[axis]!))));
  const blocks = vector((axis) => Math.floor(around.shape[axis]! / steps[axis]!));
  const [totals, counts] = blockSums(around, steps, blocks);
  const logarithms = Array.from(counts).flatMap((number, block) =>
    number > 0.5 * count(steps) ? [Math.log(Math.max(totals[block]! / number, 1e-2))] : [],
  );
  return logarithms.length < 8 ? NaN : standardDeviation(logarithms);
}

/** The summed brightness and the number of the voxels deep inside, for each block. */
function blockSums({ image, seen, depth, shape }: Surroundings, steps: Shape, blocks: Shape): [Float64Array, Float64Array] {
  const [totals, counts] = [new Float64Array(count(blocks)), new Float64Array(count(blocks))];
  for (let z = 0; z < blocks[2] * steps[2]; z += 1) {
    for (let y = 0; y < blocks[1] * steps[1]; y += 1) {
      const row = blocks[0] * (Math.floor(y / steps[1]) + blocks[1] * Math.floor(z / steps[2]));
      for (let x = 0; x < blocks[0] * steps[0]; x += 1) {
        const voxel = x + shape[0] * (y + shape[1] * z);
        if (!seen[voxel] || depth[voxel]! >= -2) continue;
        totals[row + Math.floor(x / steps[0])]! += image[voxel]!;
        counts[row + Math.floor(x / steps[0])]! += 1;
      }
    }
  }
  return [totals, counts];
}
