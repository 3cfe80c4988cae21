/** NIfTI affine: which of a header's affines counts, as in `deskull.formats.nifti_header.read_affine`. */

import { affineOf, largestMove, rotationOf, scaleWorld, voxelSizes } from "./affine";
import { affineFault, checkAffine, extentFault, InputError, short } from "./limits";
import type { NiftiHeader } from "./nifti_header";
import type { Affine } from "./volume";

const QUATERNION_TOLERANCE = 1e-3;
const MIN_SIZE = 1e-6;
const SIZE_TOLERANCE = 0.05;
const AGREEMENT = 0.1;
/** Squares of real parts smaller than this are 0 (nibabel: three times the precision of a 32-bit float). */
const SMALLEST_SQUARE = 3 * 2 ** -23;
const UNITS: Readonly<Record<number, readonly [string, number]>> = { 1: ["metres", 1000], 3: ["micrometres", 0.001] };

type Warn = (sentence: string) => void;

/**
 * The affine of a header in mm: the sform if there is one, else the qform, else the voxel sizes alone. An sform of zeros beside a usable
 * qform is switched off in the header.
 */
export function readAffine(header: NiftiHeader, name: string, warn: Warn): Affine {
  const [hasSform, hasQform] = [header.get("sform_code") > 0, header.get("qform_code") > 0];
  let affine: Affine;
  if (hasSform && hasQform) affine = sformOrQform(header, name, warn);
  else if (hasSform) {
    affine = sformOf(header);
    warnOfSizes(affine, header, name, warn);
  } else affine = withoutSform(header, hasQform, name, warn);
  checkAffine(affine, name);
  return inMm(affine, header, name, warn);
}

function sformOf(header: NiftiHeader): Affine {
  return affineOf([0, 1, 2].map((row) => header.several("srow", 4, 4 * row)));
}

function sformOrQform(header: NiftiHeader, name: string, warn: Warn): Affine {
  const [sform, qform] = [sformOf(header), qformOf(header)];
  const fault = affineFault(sform);
  if (!qform || affineFault(qform)) {
    if (!fault) warn(`${name}: the qform is damaged; the sform is used and both are kept.`);
    return sform;
  }
  if (fault) {
    warn(`${name}: the sform is damaged (${fault}); the qform is used, also in the results.`);
    header.set("sform_code", 0);
    return qform;
  }
  if (largestMove(header.declaredShape, sform, qform) > AGREEMENT * Math.min(...voxelSizes(sform))) {
    warn(`${name}: sform and qform disagree; the sform is used and both are kept.`);
  }
  return sform;
}

function warnOfSizes(sform: Affine, header: NiftiHeader, name: string, warn: Warn): void {
  const stated = header.several("pixdim", 3, 1).map(Math.abs);
  const sizes = voxelSizes(sform);
  const agree = sizes.every((size, axis) => Math.abs(size / (stated[axis] ?? 0) - 1) <= SIZE_TOLERANCE);
  if (agree || affineFault(sform)) return;
  const [one, other] = [sizes, stated].map((values) => values.map((size) => short(size)).join(" x "));
  warn(`${name}: its sform has voxels of ${one}, but its field pixdim says ${other}; the sform is used.`);
}

function withoutSform(header: NiftiHeader, hasQform: boolean, name: string, warn: Warn): Affine {
  const sizes = header.several("pixdim", 3, 1);
  if (!sizes.every((size) => Number.isFinite(size) && Math.abs(size) > MIN_SIZE)) {
    throw new InputError(`${name}: a voxel size is zero or not a number; repair the header.`);
  }
  if (hasQform) {
    const qform = qformOf(header);
    if (!qform) throw new InputError(`${name}: its orientation (the quaternion of the qform) is damaged; repair the header.`);
    return qform;
  }
  warn(`${name}: states no orientation; the axes are taken as stored.`);
  return baseAffine(header.declaredShape, sizes.map(Math.abs));
}

/** Voxel sizes alone, with the first axis to the left and the origin in the middle, as nibabel has it. */
function baseAffine(shape: readonly number[], sizes: readonly number[]): Affine {
  const signed = [0, 1, 2].map((axis) => (sizes[axis] ?? 1) * (axis === 0 ? -1 : 1));
  return affineOf(signed.map((size, row) => [0, 1, 2, 3].map((at) => (at === row ? size : at === 3 ? (-((shape[row] ?? 1) - 1) / 2) * size : 0))));
}

/** The qform; undefined if its quaternion is none, by more than rounding. */
function qformOf(header: NiftiHeader): Affine | undefined {
  const imaginary = header.several("quatern", 3);
  const length = Math.hypot(...imaginary);
  if (!(length <= 1 + QUATERNION_TOLERANCE)) return undefined;
  const [b = 0, c = 0, d = 0] = length <= 1 ? imaginary : imaginary.map((part) => part / length);
  const square = 1 - b * b - c * c - d * d;
  const rotation = rotationOf(Math.abs(square) < SMALLEST_SQUARE ? 0 : Math.sqrt(Math.max(0, square)), b, c, d);
  const sizes = header.several("pixdim", 3, 1).map(Math.abs);
  const signed = [sizes[0] ?? 1, sizes[1] ?? 1, (sizes[2] ?? 1) * (header.get("pixdim") < 0 ? -1 : 1)];
  return affineOf(rotation.map((row, at) => [...row.map((value, axis) => value * (signed[axis] ?? 1)), header.get("qoffset", at)]));
}

/** Converts an affine from the header's unit to mm, where the result can be a head. */
function inMm(affine: Affine, header: NiftiHeader, name: string, warn: Warn): Affine {
  const unit = UNITS[header.get("xyzt_units") & 7];
  if (!unit) return affine;
  const converted = scaleWorld(affine, [unit[1], unit[1], unit[1]]);
  if (extentFault(converted, header.declaredShape)) {
    warn(`${name}: its header states ${unit[0]}, but no head has that size; millimetres are assumed.`);
    return affine;
  }
  warn(`${name}: its header is in ${unit[0]} and is converted to millimetres.`);
  return converted;
}
