/** FreeSurfer's MGH and MGZ, with every byte of header and footer kept (`deskull.formats.mgh`). */

import { affineOfColumns } from "./affine";
import { checkAffine, checkCount, directionsWarning, InputError, splitShape } from "./limits";
import { ByteStream } from "./stream";
import { bytesOf, count, typeOf, VOXEL_TYPES, voxelsOf, type Affine, type Volume, type Voxels, type VoxelType } from "./volume";

const HEADER_SIZE = 284;
const MAX_FOOTER = 1 << 24;
const VERSIONS = [0x001, 0x101, 0x201];
const FRAMES_AT = 16;
const TYPE_AT = 20;
const TYPES: Readonly<Record<number, VoxelType>> = { 0: "u1", 1: "i4", 3: "f4", 4: "i2", 10: "u2" };
const OTHER_TYPES: Readonly<Record<number, string>> = {
  2: "long integers", 5: "single bits (MRI_BITMAP)", 6: "tensors", 7: "complex numbers", 8: "complex numbers", 9: "colours (RGB)",
};
/** Directions of a file that states none: coronal slices of 1 mm, as nibabel has them. */
const DEFAULT_DIRECTIONS = [[-1, 0, 0], [0, 0, 1], [0, -1, 0]];

/** The header and the footer of a file, as they came. */
export interface MghHeader {
  readonly format: "mgh";
  readonly head: Uint8Array<ArrayBuffer>;
  readonly tail: Uint8Array<ArrayBuffer>;
}

export async function readMgh(file: Blob, name: string): Promise<Volume> {
  const warnings: string[] = [];
  const stream = await ByteStream.open(file, name);
  const head = await stream.read(HEADER_SIZE);
  const view = new DataView(head.buffer);
  const { declared, type } = shapeAndType(view, name);
  const { shape, frames, trailing } = splitShape(declared, name);
  const whole = frames === undefined ? shape : [...shape, frames];
  const width = VOXEL_TYPES[type].BYTES_PER_ELEMENT;
  checkCount(whole, name, width);
  if (view.getInt16(28) !== 1) warnings.push(`${name}: states no orientation; FreeSurfer's default (coronal slices of 1 mm) is used.`);
  const data = voxelsOf(await stream.read(count(whole) * width), type, false);
  const tail = await stream.readUpTo(MAX_FOOTER);
  await stream.finish(0);
  const affine = affineOf(view, name, warnings);
  return { name, data, shape, frames, trailing, affine, slope: 1, inter: 0, header: { format: "mgh", head, tail }, warnings };
}

function shapeAndType(view: DataView, name: string): { declared: number[]; type: VoxelType } {
  const version = view.getInt32(0);
  const sizes = [4, 8, 12, FRAMES_AT].map((at) => view.getInt32(at));
  const code = view.getInt32(TYPE_AT);
  if (!VERSIONS.includes(version)) throw new InputError(`${name}: is not an MGH image (version ${version}); convert it again.`);
  if (Math.min(...sizes) < 0) throw new InputError(`${name}: its header claims ${sizes.join("x")} voxels (damaged); copy it again.`);
  const type = TYPES[code];
  if (!type) {
    const what = OTHER_TYPES[code] ?? "an unknown type";
    throw new InputError(`${name}: holds ${what} (FreeSurfer type ${code}), not intensities; convert it with 'mri_convert -odt float'.`);
  }
  return { declared: sizes[3] === 1 ? sizes.slice(0, 3) : sizes, type };
}

/** The affine: directions of length 1 times voxel sizes; the middle of the volume lies at the point c. */
function affineOf(view: DataView, name: string, warnings: string[]): Affine {
  const floats = (at: number, number: number): number[] => Array.from({ length: number }, (_, index) => view.getFloat32(at + 4 * index));
  const isStated = view.getInt16(28) === 1;
  const sizes = isStated ? floats(30, 3) : [1, 1, 1];
  const directions = isStated ? [0, 1, 2].map((axis) => floats(42 + 12 * axis, 3)) : DEFAULT_DIRECTIONS;
  const middle = isStated ? floats(78, 3) : [0, 0, 0];
  const columns = directions.map((direction, axis) => direction.map((part) => part * (sizes[axis] ?? 1)));
  const half = [4, 8, 12].map((at) => view.getInt32(at) / 2);
  const origin = middle.map((place, row) => place - columns.reduce((sum, one, axis) => sum + (one[row] ?? 0) * (half[axis] ?? 0), 0));
  const affine = affineOfColumns(columns, origin);
  checkAffine(affine, name);
  const warning = directionsWarning(directions, name);
  if (warning) warnings.push(warning);
  return affine;
}

/** Parts of a file with the header and footer that the volume came with. */
export function writeMgh(volume: Volume & { readonly header: MghHeader }): Uint8Array<ArrayBuffer>[] {
  const data = storable(volume.data);
  const type = typeOf(data);
  const head = volume.header.head.slice();
  const view = new DataView(head.buffer);
  view.setInt32(FRAMES_AT, volume.frames ?? 1);
  view.setInt32(TYPE_AT, Number(Object.keys(TYPES).find((code) => TYPES[Number(code)] === type)));
  return [head, bytesOf(data, false), volume.header.tail];
}

/** Voxels in a type that MGH has. */
function storable(data: Voxels): Voxels {
  if (Object.values(TYPES).includes(typeOf(data))) return data;
  if (data instanceof Int8Array) return Int32Array.from(data);
  return Float32Array.from(data as ArrayLike<number | bigint>, Number);
}
