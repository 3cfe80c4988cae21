/** NRRD with attached data, raw or gzip, with the header kept as text (`deskull.formats.nrrd`). */

import { checkAffine, checkCount, checkExtent, splitShape } from "./limits";
import { axesOf } from "./nrrd_axes";
import { MAX_HEADER, parseNrrdHeader, TYPE_NAMES, withoutAxis, type NrrdHeader } from "./nrrd_header";
import { ByteStream, PADDING } from "./stream";
import { bytesOf, count, typeOf, VOXEL_TYPES, voxelsOf, type Volume, type Voxels } from "./volume";

const MAX_LINES = 10_000;
/** Fields that describe how samples are stored: written anew. */
const STORAGE = new Set("type dimension sizes endian encoding datafile byteskip lineskip blocksize number min max oldmin oldmax".split(" "));
/** Fields with one entry for each axis. */
const PER_AXIS = new Set("spacings thicknesses axismins axismaxs centerings labels units kinds spacedirections".split(" "));

export async function readNrrd(file: Blob, name: string): Promise<Volume> {
  const warnings: string[] = [];
  const warn = (sentence: string): void => { warnings.push(sentence); };
  const { header, size } = parseNrrdHeader(new Uint8Array(await file.slice(0, MAX_HEADER).arrayBuffer()), name, warn);
  if (header.text("datafile") !== undefined) throw header.fault("names a file of its data, which this page does not read", "save header and data in one file, or use 'deskull strip'");
  const sizes = header.sizes;
  const { encoding } = header;
  const { type, isLittle } = header.type;
  const axes = axesOf(header, sizes, warn);
  header.order = axes.order;
  const { shape, frames, trailing } = splitShape(axes.order.map((axis) => sizes[axis] ?? 1), name);
  const width = VOXEL_TYPES[type].BYTES_PER_ELEMENT;
  checkCount(frames === undefined ? shape : [...shape, frames], name, width);
  checkExtent(axes.affine, shape, name);
  checkAffine(axes.affine, name);
  const bytes = await samples(file.slice(size), header, encoding, count(sizes) * width, warnings);
  const data = permuted(voxelsOf(bytes, type, isLittle), sizes, axes.order);
  return { name, data, shape, frames, trailing, affine: axes.affine, slope: 1, inter: 0, header, warnings };
}

async function samples(file: Blob, header: NrrdHeader, encoding: string, size: number, warnings: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const body = await withoutLines(file, header.wholeNumber("lineskip", 0, MAX_LINES));
  const isRaw = encoding === "raw";
  const skip = header.wholeNumber("byteskip", isRaw ? -1 : 0, Number.MAX_SAFE_INTEGER);
  const part = skip === -1 ? body.slice(Math.max(0, body.size - size)) : body;
  const stream = isRaw ? ByteStream.raw(part, header.fileName) : ByteStream.gzip(part, header.fileName);
  await stream.skip(Math.max(0, skip)); // of compressed data, bytes are skipped after decompression
  const bytes = await stream.read(size);
  await stream.finish(isRaw ? PADDING : 0);
  warnings.push(...stream.warnings);
  return bytes;
}

async function withoutLines(file: Blob, number: number): Promise<Blob> {
  let rest = file;
  for (let left = number; left > 0 && rest.size > 0; left -= 1) {
    let end = -1;
    for (let at = 0; end < 0 && at < rest.size; at += PADDING) {
      const found = new Uint8Array(await rest.slice(at, at + PADDING).arrayBuffer()).indexOf(0x0a);
      if (found >= 0) end = at + found + 1;
    }
    rest = rest.slice(end < 0 ? rest.size : end);
  }
  return rest;
}

/** Puts axes into an order; the first of each runs fastest. The data as they are where the order is theirs. */
function permuted(data: Voxels, sizes: readonly number[], order: readonly number[]): Voxels {
  const long = (axes: readonly number[]): number[] => axes.filter((axis) => sizes[axis] !== 1);
  const before = long(sizes.map((_, axis) => axis));
  const after = long(order);
  if (after.every((axis, at) => axis === before[at])) return data;
  const steps = new Map(before.map((axis, at) => [axis, count(before.slice(0, at).map((one) => sizes[one] ?? 1))]));
  const lengths = after.map((axis) => sizes[axis] ?? 1);
  const strides = after.map((axis) => steps.get(axis) ?? 1);
  const made = new (data.constructor as new (length: number) => Voxels)(data.length);
  const at = lengths.map(() => 0);
  for (let target = 0, from = 0; target < made.length; target += 1) {
    made[target] = data[from] as never;
    for (let axis = 0; axis < at.length; axis += 1) {
      from += strides[axis] ?? 0;
      at[axis] = (at[axis] ?? 0) + 1;
      if ((at[axis] ?? 0) < (lengths[axis] ?? 1)) break;
      from -= (strides[axis] ?? 0) * (lengths[axis] ?? 1);
      at[axis] = 0;
    }
  }
  return made;
}

/** The head of a file with the lines that still hold, and the samples to be compressed with gzip behind it. */
export function writeNrrd(volume: Volume & { readonly header: NrrdHeader }): { head: Uint8Array<ArrayBuffer>; samples: Uint8Array<ArrayBuffer> } {
  const { header } = volume;
  const sizes = [...volume.shape, ...(volume.frames === undefined ? [] : [volume.frames]), ...volume.trailing];
  let order = [...header.order];
  let lines = header.lines.filter(({ name }) => !STORAGE.has(name)).map((line) => ({ line, bytes: line.bytes }));
  if (sizes.length < order.length) {
    const frames = order[3] ?? 3;
    order = order.filter((_, at) => at !== 3).map((axis) => (axis > frames ? axis - 1 : axis));
    lines = lines.map(({ line, bytes }) => ({ line, bytes: PER_AXIS.has(line.name) ? withoutAxis(line, frames) : bytes }));
  }
  const inverse = order.map((_, axis) => order.indexOf(axis));
  const data = permuted(volume.data, sizes, inverse);
  const fileSizes = inverse.map((axis) => sizes[axis] ?? 1);
  const first = [header.magic, `type: ${TYPE_NAMES[typeOf(data)]}`, `dimension: ${sizes.length}`, `sizes: ${fileSizes.join(" ")}`];
  const last = [...(data.BYTES_PER_ELEMENT > 1 ? ["endian: little"] : []), "encoding: gzip"];
  const encoder = new TextEncoder();
  const all = [...first.map((text) => encoder.encode(text)), ...lines.map(({ bytes }) => bytes), ...last.map((text) => encoder.encode(text))];
  const newline = Uint8Array.of(0x0a);
  const parts = [...all.flatMap((bytes) => [bytes, newline]), newline];
  const head = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => { head.set(part, at); return at + part.length; }, 0);
  return { head, samples: bytesOf(data, true) };
}
