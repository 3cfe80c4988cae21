/** Formats: scans are read and results are written in the format of their scan. */

import { checkExtent, checkCount, InputError } from "./limits";
import { readMgh, writeMgh, type MghHeader } from "./mgh";
import type { Family } from "./names";
import { readNifti, writeNifti } from "./nifti";
import { readNrrd, writeNrrd } from "./nrrd";
import type { NrrdHeader } from "./nrrd_header";
import { dataShape, type Volume, type Voxels } from "./volume";

const READERS = { nifti: readNifti, mgh: readMgh, nrrd: readNrrd } as const;
export type Readable = keyof typeof READERS;

/** Reads a scan; every fault is one sentence that names it. */
export async function readScan(file: Blob, name: string, family: Readable): Promise<Volume> {
  if (file.size === 0) throw new InputError(`${name}: the file is empty; copy or convert it again.`);
  const volume = await READERS[family](file, name).catch((error: unknown) => { throw described(error, name); });
  checkCount(dataShape(volume), name, volume.data.BYTES_PER_ELEMENT);
  checkExtent(volume.affine, volume.shape, name);
  return volume;
}

function described(error: unknown, name: string): Error {
  if (error instanceof InputError) return error;
  const kind = error instanceof Error ? error.name : "";
  if (kind === "NotReadableError" || kind === "NotFoundError") return new InputError(`${name}: cannot be read any more (was it moved or changed?); drop it again.`);
  if (error instanceof RangeError && /alloc|length/i.test(error.message)) return new InputError(`${name}: needs more memory than this browser gives; use 'deskull strip'.`);
  return new InputError(`${name}: is damaged or not what its name says; copy it again.`);
}

/** Writes a volume in the format of its family, compressed. */
export async function writeScan(volume: Volume, family: Family): Promise<Blob> {
  const { header } = volume;
  if (family === "mgh" && header?.format === "mgh") return gzipped(writeMgh(volume as Volume & { header: MghHeader }));
  if (family === "nrrd" && header?.format === "nrrd") {
    const { head, samples } = writeNrrd(volume as Volume & { header: NrrdHeader });
    return new Blob([head, await gzipped([samples])]);
  }
  return gzipped(writeNifti(volume));
}

/** The same geometry and header with real values, such as a mask or a distance. */
export function withValues(scan: Volume, data: Voxels): Volume {
  return { ...scan, data, frames: undefined, slope: 1, inter: 0, warnings: [] };
}

/** The scan inside a mask; outside it the stored value that means 0, or the nearest one to it. */
export function insideMask(scan: Volume, mask: Uint8Array): Volume {
  const data = scan.data.slice();
  const zero = storedZero(scan);
  for (let start = 0; start < data.length; start += mask.length) {
    for (let at = 0; at < mask.length; at += 1) if (!mask[at]) data[start + at] = zero as never;
  }
  return { ...scan, data };
}

function storedZero({ data, slope, inter }: Volume): number | bigint {
  const stored = 0 - inter / slope;
  if (data instanceof Float32Array || data instanceof Float64Array) return stored;
  const width = data.BYTES_PER_ELEMENT * 8;
  const isSigned = /^(Big)?Int/.test(data.constructor.name);
  const low = isSigned ? -(2n ** BigInt(width - 1)) : 0n;
  const high = 2n ** BigInt(isSigned ? width - 1 : width) - 1n;
  const rounded = BigInt(roundHalfEven(stored));
  const limited = rounded < low ? low : rounded > high ? high : rounded;
  return width === 64 ? limited : Number(limited);
}

/** Rounds as Python does: halves go to the even neighbour. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

async function gzipped(parts: readonly Uint8Array<ArrayBuffer>[]): Promise<Blob> {
  return new Response(new Blob([...parts]).stream().pipeThrough(new CompressionStream("gzip"))).blob();
}
