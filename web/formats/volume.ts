/** Volume: what the readers return: voxels as stored, where they lie, and the header that results are written with. */

import type { MghHeader } from "./mgh";
import type { NiftiHeader } from "./nifti_header";
import type { NrrdHeader } from "./nrrd_header";

export type Triple = [number, number, number];
/** Sixteen numbers, row by row: voxel indices to world coordinates in mm, towards right, front and top (RAS+). */
export type Affine = readonly number[];

export type Voxels =
  | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array | Float32Array | Float64Array;
/** Types of voxels by the names that NumPy gives them. */
export const VOXEL_TYPES = {
  i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array, i8: BigInt64Array, u8: BigUint64Array,
  f4: Float32Array, f8: Float64Array,
} as const;
export type VoxelType = keyof typeof VOXEL_TYPES;

/** A header as its file had it. */
export type Header = NiftiHeader | MghHeader | NrrdHeader;

export interface Volume {
  /** Name of the file in messages. */
  readonly name: string;
  /** Frames one after the other, each with its first axis running fastest. */
  readonly data: Voxels;
  readonly shape: Readonly<Triple>;
  /** Number of frames of a 4-D series; undefined for a 3-D image. */
  readonly frames: number | undefined;
  /** Lengths of the axes after these that the file declares: all are 1. */
  readonly trailing: readonly number[];
  readonly affine: Affine;
  /** Real value = stored value * slope + inter. */
  readonly slope: number;
  readonly inter: number;
  /** Undefined for a volume that was made here. */
  readonly header: Header | undefined;
  /** Sentences that the user should read. */
  readonly warnings: readonly string[];
}

export function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The shape with the frames, if it is a series. */
export function dataShape(volume: Pick<Volume, "shape" | "frames">): number[] {
  return volume.frames === undefined ? [...volume.shape] : [...volume.shape, volume.frames];
}

export function typeOf(data: Voxels): VoxelType {
  const found = (Object.keys(VOXEL_TYPES) as VoxelType[]).find((name) => data instanceof VOXEL_TYPES[name]);
  if (!found) throw new Error("voxels of an unknown type");
  return found;
}

/** Makes voxels of bytes in either byte order; the bytes are changed where theirs is not the machine's. */
export function voxelsOf(bytes: Uint8Array<ArrayBuffer>, type: VoxelType, isLittle: boolean): Voxels {
  const Type = VOXEL_TYPES[type];
  if (!isLittle) reverseBytes(bytes, Type.BYTES_PER_ELEMENT);
  return new Type(bytes.buffer, bytes.byteOffset, bytes.byteLength / Type.BYTES_PER_ELEMENT);
}

/** Bytes of voxels in either byte order; a copy where theirs is not the machine's. */
export function bytesOf(data: Voxels, isLittle: boolean): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  if (isLittle || data.BYTES_PER_ELEMENT === 1) return bytes;
  const copy = bytes.slice();
  reverseBytes(copy, data.BYTES_PER_ELEMENT);
  return copy;
}

function reverseBytes(bytes: Uint8Array, width: number): void {
  for (let start = 0, end = width - 1; width > 1 && start < bytes.length; start += width, end += width) {
    for (let low = start, high = end; low < high; low += 1, high -= 1) {
      const byte = bytes[low] ?? 0;
      bytes[low] = bytes[high] ?? 0;
      bytes[high] = byte;
    }
  }
}
