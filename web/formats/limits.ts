/**
 * Limits of a scan of a head: the checks of `deskull.formats.limits` and `deskull.formats.shape`, by the same numbers and in the
 * same words. Messages name the file.
 */

import { column, determinant, voxelSizes } from "./affine";
import { count, type Affine, type Triple } from "./volume";

/** A file that cannot be read; the message is one sentence to show. */
export class InputError extends Error {}

const MIN_VOXEL_MM = 0.02;
const MAX_VOXEL_MM = 25;
const MAX_EXTENT_MM = 1000;
const WHOLE_MATRIX = 64;
const MIN_EXTENT_MM = 30;
const MAX_OFFSET_MM = 1e5;
const MAX_VOXELS = 2 ** 33;
const MAX_FRAMES = 2 ** 15 - 1;
const MIN_SIZE = 1e-6;
const MIN_RELATIVE_VOLUME = 1e-4;
const DIRECTION_TOLERANCE = 0.01;
/** Most bytes of voxels that a browser holds in one array. */
const MAX_BYTES = 2 ** 31 - 1;

export interface Split {
  readonly shape: Triple;
  readonly frames: number | undefined;
  readonly trailing: number[];
}

/** Splits a declared shape into the axes of a scan and the axes of length 1 after them. */
export function splitShape(declared: readonly number[], name: string): Split {
  const core = [...declared];
  while (core.length > 3 && core.at(-1) === 1) core.pop();
  const text = declared.join("x");
  if (core.includes(0)) throw new InputError(`${name}: has no voxels (shape ${text}); convert it again.`);
  if (core.length < 3 || core.slice(0, 3).some((size) => size <= 1)) throw new InputError(`${name}: is a 2-D image (shape ${text}); deskull needs a whole 3-D scan.`);
  if (core.length > 4) throw new InputError(`${name}: has ${core.length} dimensions (shape ${text}); split it into 3-D or 4-D images.`);
  return { shape: core.slice(0, 3) as Triple, frames: core[3], trailing: declared.slice(core.length) };
}

/** Refuses a declared shape before anything is allocated for it. */
export function checkCount(shape: readonly number[], name: string, width: number): void {
  const text = shape.join(" x ");
  const [voxels, frames] = [count(shape.slice(0, 3)), count(shape.slice(3))];
  if (voxels > MAX_VOXELS) throw new InputError(`${name}: claims ${text} voxels, more than any head; repair its header.`);
  if (frames > MAX_FRAMES) throw new InputError(`${name}: claims ${frames} frames; at most ${MAX_FRAMES} are read, split the series.`);
  const bytes = voxels * frames * width;
  if (bytes > MAX_BYTES) throw new InputError(`${name}: its ${text} voxels take ${(bytes / 1e9).toFixed(1)} GB, more than this page can hold; use 'deskull strip'.`);
}

/** Describes why an affine places no scan in the world; empty if it does. */
export function affineFault(affine: Affine): string {
  if (!affine.every(Number.isFinite)) return "its orientation holds numbers that are not finite";
  const sizes = voxelSizes(affine);
  if (!sizes.every(Number.isFinite)) return "a voxel size is too large for a number";
  if (sizes.some((size) => size < MIN_SIZE)) return "a voxel size is zero";
  const unit = affine.map((value, at) => (at < 12 && at % 4 < 3 ? value / (sizes[at % 4] ?? 1) : value));
  return Math.abs(determinant(unit)) < MIN_RELATIVE_VOLUME ? "its affine is singular (two axes point the same way)" : "";
}

export function checkAffine(affine: Affine, name: string): void {
  const fault = affineFault(affine);
  if (fault) throw new InputError(`${name}: ${fault}; repair the header.`);
}

/** Refuses voxel sizes and extents that are not those of a head. */
export function checkExtent(affine: Affine, shape: readonly number[], name: string): void {
  const fault = extentFault(affine, shape);
  if (fault) throw new InputError(`${name}: ${fault}.`);
}

/** Describes why voxel sizes and extents are not those of a head, with the remedy; empty if they are. */
export function extentFault(affine: Affine, shape: readonly number[]): string {
  const sizes = voxelSizes(affine);
  const extents = sizes.map((size, axis) => size * (shape[axis] ?? 1));
  const [largest, smallest, extent] = [Math.max(...sizes), Math.min(...sizes), Math.max(...extents)];
  if (!sizes.every(Number.isFinite)) return "a voxel size is too large for a number; repair the header";
  if (largest > MAX_VOXEL_MM) return `has voxels of ${short(largest)} mm (were micrometres taken for millimetres?); repair the header`;
  if (smallest === 0) return "a voxel size is zero; repair the header";
  if (smallest < MIN_VOXEL_MM) return `has voxels of ${short(smallest)} mm (were metres taken for millimetres?); repair the header`;
  if (extent > MAX_EXTENT_MM) return `extends over ${short(extent)} mm (is a voxel size wrong, or is it not a head?); repair the header or crop it`;
  if (Math.max(...shape.slice(0, 3)) >= WHOLE_MATRIX && extent < MIN_EXTENT_MM) return `extends over only ${short(extent)} mm (were centimetres taken for millimetres?); repair the header`;
  const offset = Math.max(...column(affine, 3).map(Math.abs));
  return offset > MAX_OFFSET_MM ? `lies ${short(offset / 1e6)} km from the origin (is its origin damaged?); repair the header` : "";
}

/** The sentence that warns of directions that should be of length 1 and are not; empty if they are. */
export function directionsWarning(columns: readonly (readonly number[])[], name: string): string {
  const isOff = columns.some((direction) => Math.abs(Math.hypot(...direction) - 1) > DIRECTION_TOLERANCE);
  return isOff ? `${name}: its directions are not of length 1, so that voxels are not of the sizes that it states.` : "";
}

/** A number with few significant digits, as Python's format "g" writes it. */
export function short(value: number, digits = 4): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const [mantissa = "", power = ""] = value.toExponential(digits - 1).split("e");
  if (Number(power) >= -4 && Number(power) < digits) return String(Number(value.toPrecision(digits)));
  return `${Number(mantissa)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}
