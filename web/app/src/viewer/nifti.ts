/** NIfTI: single volumes are read, and written for NiiVue. */

import { makeGrid, nVoxels, type Affine, type Grid, type Triple } from "./grid";

export type Voxels = Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

export interface Image {
  readonly grid: Grid;
  readonly data: Voxels;
  /** Grey value of a stored value: `slope * stored + inter`. */
  readonly slope: number;
  readonly inter: number;
}

const HEADER = 352;
const UINT8 = 2;
type Reader = new (buffer: ArrayBuffer) => Voxels;
const TYPES = new Map<number, Reader>([
  [2, Uint8Array], [4, Int16Array], [8, Int32Array], [16, Float32Array], [64, Float64Array], [256, Int8Array], [512, Uint16Array], [768, Uint32Array],
]);

/** Reads a NIfTI-1 file, compressed or not. */
export async function readNifti(file: ArrayBuffer): Promise<Image> {
  const buffer = await decompressed(file);
  const view = new DataView(buffer);
  const isLittle = view.getInt32(0, true) === 348;
  if (!isLittle && view.getInt32(0, false) !== 348) throw new Error("The server sent a volume that is no NIfTI-1 file; reload the page.");
  const Type = TYPES.get(view.getInt16(70, isLittle));
  if (!Type) throw new Error(`The volume has values of the type ${view.getInt16(70, isLittle)}, which this page cannot show.`);
  const shape = [1, 2, 3].map((axis) => Math.max(1, view.getInt16(40 + 2 * axis, isLittle))) as Triple;
  const grid = makeGrid(shape, readAffine(view, isLittle));
  const start = view.getFloat32(108, isLittle) || HEADER;
  const width = view.getInt16(72, isLittle) / 8;
  const values = buffer.slice(start, start + nVoxels(grid) * width);
  if (!isLittle) reverseBytes(new Uint8Array(values), width);
  const slope = view.getFloat32(112, isLittle) || 1;
  return { grid, data: new Type(values), slope, inter: view.getFloat32(116, isLittle) || 0 };
}

/** Writes a volume of unsigned bytes as NIfTI-1. */
export function writeNifti(shape: Readonly<Triple>, affine: Affine, data: Uint8Array): ArrayBuffer {
  const buffer = new ArrayBuffer(HEADER + data.length);
  const view = new DataView(buffer);
  view.setInt32(0, 348, true);
  view.setInt16(40, 3, true);
  for (let axis = 0; axis < 7; axis += 1) view.setInt16(42 + 2 * axis, shape[axis] ?? 1, true);
  view.setInt16(70, UINT8, true);
  view.setInt16(72, 8, true);
  [1, ...makeGrid([...shape], affine).voxelMm].forEach((size, axis) => view.setFloat32(76 + 4 * axis, size, true));
  view.setFloat32(108, HEADER, true);
  view.setFloat32(112, 1, true);
  view.setUint8(123, 2); // mm
  view.setInt16(254, 1, true);
  affine.slice(0, 3).forEach((row, at) => row.forEach((value, k) => view.setFloat32(280 + 16 * at + 4 * k, value, true)));
  [0x6e, 0x2b, 0x31, 0].forEach((letter, at) => view.setUint8(344 + at, letter));
  new Uint8Array(buffer, HEADER).set(data);
  return buffer;
}

async function decompressed(file: ArrayBuffer): Promise<ArrayBuffer> {
  const [first, second] = new Uint8Array(file, 0, 2);
  if (first !== 0x1f || second !== 0x8b) return file;
  return new Response(new Blob([file]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** The sform; else the qform; else the sizes of the voxels alone. */
function readAffine(view: DataView, isLittle: boolean): Affine {
  const float = (at: number): number => view.getFloat32(at, isLittle);
  if (view.getInt16(254, isLittle) > 0) return [0, 1, 2].map((row) => [0, 1, 2, 3].map((k) => float(280 + 16 * row + 4 * k)));
  const sizes = [float(80), float(84), float(88)].map((size) => Math.abs(size) || 1) as Triple;
  if (view.getInt16(252, isLittle) <= 0) return [[sizes[0], 0, 0, 0], [0, sizes[1], 0, 0], [0, 0, sizes[2], 0]];
  sizes[2] *= float(76) < 0 ? -1 : 1;
  return rotation(float(256), float(260), float(264)).map((row, at) => [...row.map((value, axis) => value * (sizes[axis] ?? 1)), float(268 + 4 * at)]);
}

/** Rotation of a unit quaternion, given without its real part. */
function rotation(b: number, c: number, d: number): number[][] {
  const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d));
  return [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ];
}

function reverseBytes(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}
