/**
 * NIfTI header: the bytes of a header of NIfTI-1 or NIfTI-2 as they came, read and changed field by field.
 *
 * Standard: https://nifti.nimh.nih.gov. The checks are those of `deskull.formats.nifti_header`.
 */

import { InputError, short } from "./limits";
import type { VoxelType } from "./volume";

export const NIFTI1_SIZE = 348;
export const NIFTI2_SIZE = 540;
/** Voxels of a single file start no later than this. */
const MAX_OFFSET = 1 << 26;

type Kind = "i1" | "i2" | "i4" | "i8" | "f4" | "f8";
/** Place and kind of each field that is used, in NIfTI-1 and in NIfTI-2; of arrays, of the first element. */
const FIELDS = {
  dim: [[40, "i2"], [16, "i8"]], datatype: [[70, "i2"], [12, "i2"]], bitpix: [[72, "i2"], [14, "i2"]], pixdim: [[76, "f4"], [104, "f8"]],
  vox_offset: [[108, "f4"], [168, "i8"]], scl_slope: [[112, "f4"], [176, "f8"]], scl_inter: [[116, "f4"], [184, "f8"]],
  cal_max: [[124, "f4"], [192, "f8"]], cal_min: [[128, "f4"], [200, "f8"]], xyzt_units: [[123, "i1"], [500, "i4"]],
  qform_code: [[252, "i2"], [344, "i4"]], sform_code: [[254, "i2"], [348, "i4"]], quatern: [[256, "f4"], [352, "f8"]], qoffset: [[268, "f4"], [376, "f8"]],
  srow: [[280, "f4"], [400, "f8"]],
} as const satisfies Record<string, readonly [readonly [number, Kind], readonly [number, Kind]]>;
type Field = keyof typeof FIELDS;
const WIDTHS: Record<Kind, number> = { i1: 1, i2: 2, i4: 4, i8: 8, f4: 4, f8: 8 };

/** Types of voxels by the codes of the standard. */
export const DATATYPES: Readonly<Record<number, VoxelType>> = { 2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8" };
const COLOURS = "not intensities; give the scan it was made from";
const UNUSABLE: Readonly<Record<number, string>> = {
  1: "single bits, not intensities; convert it to bytes", 32: "complex numbers, not intensities; give its magnitude image", 128: `colours (RGB), ${COLOURS}`,
  1536: "128-bit floats, which computers store differently; convert it to 32-bit floats", 1792: "complex numbers, not intensities; give its magnitude image",
  2048: "complex numbers, not intensities; give its magnitude image", 2304: `colours (RGBA), ${COLOURS}`,
};

export interface Extension {
  readonly code: number;
  readonly content: Uint8Array<ArrayBuffer>;
}

export class NiftiHeader {
  readonly format = "nifti";
  extensions: readonly Extension[] = [];
  private readonly view: DataView;

  private constructor(readonly block: Uint8Array<ArrayBuffer>, readonly isLittle: boolean) {
    this.view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  }

  get isSecond(): boolean {
    return this.block.length === NIFTI2_SIZE;
  }

  get(field: Field, at = 0): number {
    const [start, kind] = FIELDS[field][this.isSecond ? 1 : 0];
    const place = start + at * WIDTHS[kind];
    switch (kind) {
      case "i1": return this.view.getUint8(place);
      case "i2": return this.view.getInt16(place, this.isLittle);
      case "i4": return this.view.getInt32(place, this.isLittle);
      case "i8": return Number(this.view.getBigInt64(place, this.isLittle));
      case "f4": return this.view.getFloat32(place, this.isLittle);
      case "f8": return this.view.getFloat64(place, this.isLittle);
    }
  }

  set(field: Field, value: number, at = 0): void {
    const [start, kind] = FIELDS[field][this.isSecond ? 1 : 0];
    const place = start + at * WIDTHS[kind];
    switch (kind) {
      case "i1": return this.view.setUint8(place, value);
      case "i2": return this.view.setInt16(place, value, this.isLittle);
      case "i4": return this.view.setInt32(place, value, this.isLittle);
      case "i8": return this.view.setBigInt64(place, BigInt(Math.trunc(value)), this.isLittle);
      case "f4": return this.view.setFloat32(place, value, this.isLittle);
      case "f8": return this.view.setFloat64(place, value, this.isLittle);
    }
  }

  several(field: Field, number: number, from = 0): number[] {
    return Array.from({ length: number }, (_, at) => this.get(field, from + at));
  }

  /** Lengths of the axes that the header declares. */
  get declaredShape(): number[] {
    return this.several("dim", this.get("dim"), 1);
  }

  copy(): NiftiHeader {
    const made = new NiftiHeader(this.block.slice(), this.isLittle);
    made.extensions = this.extensions;
    return made;
  }

  /** An empty header of NIfTI-1, little-endian. */
  static empty(): NiftiHeader {
    const block = new Uint8Array(NIFTI1_SIZE);
    new DataView(block.buffer).setInt32(0, NIFTI1_SIZE, true);
    block.set([0x6e, 0x2b, 0x31, 0], 344); // n+1
    return new NiftiHeader(block, true);
  }

  /** Parses the header of a single file without changing it. */
  static parse(block: Uint8Array<ArrayBuffer>, name: string): NiftiHeader {
    const size = new DataView(block.buffer, block.byteOffset).getInt32(0, true);
    const header = new NiftiHeader(block, size === NIFTI1_SIZE || size === NIFTI2_SIZE);
    checkMagic(header, name);
    const dimensions = header.get("dim");
    if (dimensions < 1 || dimensions > 7) throw new InputError(`${name}: its header claims ${dimensions} dimensions (damaged); copy or convert it again.`);
    const sizes = header.declaredShape;
    if (Math.min(...sizes) < 0) throw new InputError(`${name}: its header claims ${sizes.join("x")} voxels (damaged); copy or convert it again.`);
    typeOfHeader(header, name);
    return header;
  }
}

/** Size of the header, which its first four bytes state in either byte order. */
export function headerSize(first: Uint8Array<ArrayBuffer>, name: string): number {
  const view = new DataView(first.buffer, first.byteOffset);
  for (const size of [NIFTI1_SIZE, NIFTI2_SIZE]) if (view.getInt32(0, true) === size || view.getInt32(0, false) === size) return size;
  if (first[0] === 0x1f && first[1] === 0x8b) throw new InputError(`${name}: is compressed twice; decompress it once.`);
  throw new InputError(`${name}: is not a NIfTI image (its first bytes are not a header); convert it again.`);
}

function checkMagic(header: NiftiHeader, name: string): void {
  const place = header.isSecond ? 4 : 344;
  const magic = String.fromCharCode(...header.block.subarray(place, place + 4));
  const version = header.isSecond ? "2" : "1";
  if (magic === `n+${version}\0`) return;
  if (magic === "ni1\0" || magic === "ni2\0") throw new InputError(`${name}: its header is that of a pair of files; name them .hdr and .img.`);
  if (header.isSecond || magic.startsWith("n+")) throw new InputError(`${name}: is not a NIfTI image (its header lacks the format's name); convert it again.`);
  throw new InputError(`${name}: its header lacks the format's name (n+1), as those of Analyze pairs do; repair the header, or name the pair .hdr and .img.`);
}

/** Type of the voxels; refuses those that are not intensities. */
export function typeOfHeader(header: NiftiHeader, name: string): VoxelType {
  const code = header.get("datatype");
  const unusable = UNUSABLE[code];
  if (unusable) throw new InputError(`${name}: holds ${unusable}.`);
  const type = DATATYPES[code];
  if (!type) throw new InputError(`${name}: holds voxels of an unknown type (${code}); convert it again.`);
  return type;
}

/** Position of the first voxel; some programs leave the field 0. */
export function dataOffset(header: NiftiHeader, name: string, warn: (sentence: string) => void): number {
  const offset = header.get("vox_offset");
  if (!(offset >= 0 && offset <= MAX_OFFSET)) throw new InputError(`${name}: its header places the voxels at byte ${short(offset, 6)} (damaged); copy it again.`);
  const first = header.block.length + 4;
  if (offset > 0 && offset < first) warn(`${name}: its header places the voxels inside itself (byte ${short(offset, 6)}); they are read after it.`);
  return Math.max(first, Math.trunc(offset));
}

/** Parses the bytes between the header and the voxels; damaged extensions are ignored with a warning. */
export function parseExtensions(content: Uint8Array<ArrayBuffer>, isLittle: boolean, name: string, warn: (sentence: string) => void): Extension[] {
  const found: Extension[] = [];
  if (content.length < 4 || content[0] === 0) return found;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  for (let at = 4; content.subarray(at).some((byte) => byte !== 0); ) {
    const size = at + 8 <= content.length ? view.getInt32(at, isLittle) : 0;
    if (size < 8 || at + size > content.length) {
      warn(`${name}: a header extension is damaged; it is ignored, and missing from the results.`);
      break;
    }
    found.push({ code: view.getInt32(at + 4, isLittle), content: content.slice(at + 8, at + size) });
    at += size;
  }
  return found;
}

/** The four bytes after a header, and its extensions, each padded to sixteen bytes. */
export function extensionBytes(header: NiftiHeader): Uint8Array<ArrayBuffer> {
  const sizes = header.extensions.map(({ content }) => Math.ceil((content.length + 8) / 16) * 16);
  const bytes = new Uint8Array(4 + sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  bytes[0] = header.extensions.length ? 1 : 0;
  let at = 4;
  header.extensions.forEach(({ code, content }, index) => {
    view.setInt32(at, sizes[index] ?? 0, header.isLittle);
    view.setInt32(at + 4, code, header.isLittle);
    bytes.set(content, at + 8);
    at += sizes[index] ?? 0;
  });
  return bytes;
}
