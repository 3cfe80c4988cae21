/** Volumes: real values, parts and finite values of a scan; a port of `deskull.volume`. */

import { apply, clamp, determinant, movedTo, vector, type Box } from "./affine";
import { boxShape, cut, sameType, wholeBox } from "./arrays";
import { EngineError } from "./errors";
import type { Affine, Shape, Volume, VoxelArray } from "./types";

const MM3_PER_ML = 1000;

export function slopeOf(scan: Volume): number {
  return scan.slope ?? 1;
}

export function interOf(scan: Volume): number {
  return scan.inter ?? 0;
}

export function nameOf(scan: Volume): string {
  return scan.name ?? "image";
}

/** Volume of one voxel in millilitres. */
export function voxelMl(affine: Affine): number {
  return Math.abs(determinant(affine)) / MM3_PER_ML;
}

/** The real values as 32-bit floats; always a copy. */
export function realValues(scan: Volume): Float32Array {
  const values = new Float32Array(scan.values);
  const slope = Math.fround(slopeOf(scan));
  const inter = Math.fround(interOf(scan));
  if (slope !== 1) for (let i = 0; i < values.length; i++) values[i]! *= slope;
  if (inter !== 0) for (let i = 0; i < values.length; i++) values[i]! += inter;
  return values;
}

/** The same geometry with real values in place of stored ones. */
export function withValues<Values extends VoxelArray>(scan: Volume, values: Values): Volume<Values> {
  return { ...scan, values, slope: 1, inter: 0 };
}

/** The voxels in a box, where they lie in the world; the volume itself if the box is all of it. */
export function partOf(scan: Volume, box: Box): Volume {
  const whole = wholeBox(scan.shape);
  if (box.every(([start, stop], axis) => start === whole[axis]![0] && stop === whole[axis]![1])) return scan;
  const origin = apply(scan.affine, vector((axis) => box[axis]![0]));
  return { ...scan, values: cut(scan.values, scan.shape, box), shape: boxShape(box), affine: movedTo(scan.affine, origin) };
}

/** Replaces stored values that are not finite by the lowest finite one; the same object if all are finite. */
export function finite(scan: Volume): Volume {
  if (!(scan.values instanceof Float32Array || scan.values instanceof Float64Array)) return scan;
  let lowest = Infinity;
  let isFinite = true;
  for (const value of scan.values) {
    if (Number.isFinite(value)) lowest = Math.min(lowest, value);
    else isFinite = false;
  }
  if (isFinite) return scan;
  const fill = Number.isFinite(lowest) ? lowest : 0;
  return { ...scan, values: scan.values.map((value) => (Number.isFinite(value) ? value : fill)) };
}

/** Refuses a volume that the engine cannot work on. */
export function checkVolume(scan: Volume): void {
  const { shape, affine, values } = scan;
  const fault = (what: string): EngineError => new EngineError("input", `${nameOf(scan)}: ${what}.`);
  if (shape.length !== 3 || shape.some((size) => !(Number.isInteger(size) && size > 0)))
    throw fault("is not a 3-D image; give one with three axes");
  if (values.length !== shape[0] * shape[1] * shape[2]) throw fault("has too few or too many voxels; save it again");
  if (affine.length !== 16 || !affine.every(Number.isFinite) || Math.abs(determinant(affine)) < 1e-9)
    throw fault("has no usable position in space; check the affine in its header");
}

/** Indices of about `nPlanes` planes along each axis: the step between them. */
export function samplingSteps(shape: Shape, nPlanes: number): Shape {
  const [x, y, z] = shape.map((size) => Math.max(1, Math.floor(size / nPlanes)));
  return [x!, y!, z!];
}

/** The values clipped to a range. */
export function clipped<Values extends VoxelArray>(values: Values, low: number, high: number): Values {
  const result = sameType(values, values.length);
  for (let i = 0; i < values.length; i++) result[i] = clamp(values[i]!, low, high);
  return result;
}
