/** NIfTI-1 and NIfTI-2, single files: read, and written with the header that they came with (`deskull.formats.nifti`). */

import { column, voxelSizes } from "./affine";
import { checkCount, InputError, splitShape } from "./limits";
import { readAffine } from "./nifti_affine";
import { dataOffset, DATATYPES, extensionBytes, headerSize, NiftiHeader, parseExtensions, typeOfHeader } from "./nifti_header";
import { ByteStream } from "./stream";
import { bytesOf, count, dataShape, typeOf, VOXEL_TYPES, voxelsOf, type Volume } from "./volume";

type Head = Omit<Volume, "data"> & { readonly header: NiftiHeader };

export async function readNifti(file: Blob, name: string): Promise<Volume> {
  const stream = await ByteStream.open(file, name);
  const { head, offset, position } = await readHead(stream, name);
  const type = typeOfHeader(head.header, name);
  const width = VOXEL_TYPES[type].BYTES_PER_ELEMENT;
  checkCount(dataShape(head), name, width);
  await stream.skip(offset - position);
  const data = voxelsOf(await stream.read(count(dataShape(head)) * width), type, head.header.isLittle);
  await stream.finish();
  return { ...head, data, warnings: [...head.warnings, ...stream.warnings] };
}

/** Shape that the header of a file states, without a look at its voxels. */
export async function readNiftiShape(file: Blob, name: string): Promise<number[]> {
  const { head } = await readHead(await ByteStream.open(file, name), name);
  return dataShape(head);
}

/** Reads up to the voxels; returns where they begin, and what has been read. */
async function readHead(stream: ByteStream, name: string): Promise<{ head: Head; offset: number; position: number }> {
  const warnings: string[] = [];
  const warn = (sentence: string): void => { warnings.push(sentence); };
  const first = await stream.read(4);
  const size = headerSize(first, name);
  const block = new Uint8Array(size);
  block.set(first);
  block.set(await stream.read(size - 4), 4);
  const header = NiftiHeader.parse(block, name);
  const { shape, frames, trailing } = splitShape(header.declaredShape, name);
  checkCount(frames === undefined ? shape : [...shape, frames], name, 1);
  const offset = dataOffset(header, name, warn);
  const between = await stream.read(offset - size);
  header.extensions = parseExtensions(between, header.isLittle, name, warn);
  const { slope, inter } = scaling(header, name);
  const affine = readAffine(header, name, warn);
  return { head: { name, shape, frames, trailing, affine, slope, inter, header, warnings }, offset, position: offset };
}

/** The slope and intercept; a slope of 0 or NaN means none. */
function scaling(header: NiftiHeader, name: string): { slope: number; inter: number } {
  const [slope, inter] = [header.get("scl_slope"), header.get("scl_inter")];
  if (slope === 0 || !Number.isFinite(slope)) return { slope: 1, inter: 0 };
  if (!Number.isFinite(inter)) throw new InputError(`${name}: its intensity intercept is not a number; repair the header.`);
  return { slope, inter };
}

/** Parts of a single NIfTI file, with the header that the volume came with or a new one. */
export function writeNifti(volume: Volume): Uint8Array<ArrayBuffer>[] {
  const header = volume.header?.format === "nifti" ? volume.header.copy() : newHeader(volume);
  const type = typeOf(volume.data);
  const code = Number(Object.keys(DATATYPES).find((one) => DATATYPES[Number(one)] === type));
  if (header.get("datatype") !== code) {
    header.set("cal_min", 0); // the display window was meant for other values
    header.set("cal_max", 0);
  }
  header.set("datatype", code);
  header.set("bitpix", 8 * volume.data.BYTES_PER_ELEMENT);
  setFrames(header, volume);
  header.set("scl_slope", volume.slope);
  header.set("scl_inter", volume.inter);
  const extensions = extensionBytes(header);
  header.set("vox_offset", header.block.length + extensions.length);
  return [header.block, extensions, bytesOf(volume.data, header.isLittle)];
}

/** States the frames of a volume in the header of its scan, which may have had others. */
function setFrames(header: NiftiHeader, volume: Volume): void {
  const { frames } = splitShape(header.declaredShape, volume.name);
  if ((frames === undefined) !== (volume.frames === undefined)) {
    header.set("dim", volume.frames === undefined ? 3 : 4);
    for (let at = 4; at < 8; at += 1) header.set("dim", 1, at);
  }
  if (volume.frames !== undefined) header.set("dim", volume.frames, 4);
}

/** A header made of the shape and the affine: an sform, and a qform where the axes are at right angles. */
function newHeader(volume: Volume): NiftiHeader {
  const header = NiftiHeader.empty();
  const { affine } = volume;
  const shape = dataShape(volume);
  header.set("dim", shape.length);
  for (let at = 0; at < 7; at += 1) header.set("dim", shape[at] ?? 1, at + 1);
  header.set("pixdim", 1);
  voxelSizes(affine).forEach((size, axis) => header.set("pixdim", size, axis + 1));
  for (let at = 4; at < 8; at += 1) header.set("pixdim", 1, at);
  header.set("xyzt_units", 2 | 8); // mm and seconds
  header.set("sform_code", 1);
  affine.slice(0, 12).forEach((value, at) => header.set("srow", value, at));
  column(affine, 3).forEach((value, at) => header.set("qoffset", value, at));
  return header;
}
