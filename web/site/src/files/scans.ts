/** Scans: a source becomes what the engine strips and the viewer shows; masks become files in the format of their scan. */

import { insideMask, readScan, withValues, writeScan, type Readable } from "../../../formats/formats";
import { readBValues } from "../../../formats/b_values";
import { writeNifti } from "../../../formats/nifti";
import { voxelSizes } from "../../../formats/affine";
import type { Volume } from "../../../formats/volume";
import { largestComponent, maskFromDistance } from "../../../engine/masking";
import { framesToAverage, meanFrame } from "../../../engine/preprocessing/series";
import type { Shape, Volume as EngineVolume, VoxelArray } from "../../../engine/types";
import type { Source } from "./choices";
import { convertSeries } from "./dcm2niix";

export interface Scan {
  /** Where it is read from again; a DICOM series is converted once. */
  readonly source: Source;
  readonly volume: EngineVolume;
  readonly voxelMm: number[];
  /** A plain NIfTI file for the viewer. */
  readonly shown: Blob;
  readonly warnings: readonly string[];
}

/** Voxels of a result, on the grid of the scan. */
export type Result = { readonly what: "mask"; readonly mask: Uint8Array } | { readonly what: "brain"; readonly mask: Uint8Array } | { readonly what: "distance"; readonly distance: Float32Array };

export async function loadScan(given: Source, converter: string): Promise<Scan> {
  const source = await converted(given, converter);
  const scan = await readSource(source);
  const warnings = [...scan.warnings];
  const values = await frameOf(scan, source, warnings);
  const { affine, slope, inter, name } = scan;
  const shape = scan.shape as Shape;
  const shown = new Blob(writeNifti({ ...scan, data: forViewer(values, slope, inter), frames: undefined, trailing: [], header: undefined, ...(values.BYTES_PER_ELEMENT > 4 && { slope: 1, inter: 0 }) }));
  return { source, volume: { values, shape, affine, slope, inter, name }, voxelMm: voxelSizes(affine), shown, warnings };
}

async function converted(source: Source, converter: string): Promise<Source> {
  if (source.kind !== "series") return source;
  const file = await convertSeries(source.files, source.name, converter);
  return { ...source, kind: "image", files: [{ file, name: source.name }] };
}

function readSource({ files, family, name }: Source): Promise<Volume> {
  const [named] = files;
  if (!named) throw new Error("a source without a file");
  return readScan(named.file, name, family);
}

/** The voxels that are stripped: of a series, the mean of its frames. */
async function frameOf(scan: Volume, source: Source, warnings: string[]): Promise<VoxelArray> {
  const values = scan.data instanceof BigInt64Array || scan.data instanceof BigUint64Array ? Float64Array.from(scan.data, Number) : scan.data;
  if (scan.frames === undefined) return values;
  return meanFrame(values, scan.shape as Shape, framesToAverage(scan.frames, await bValuesOf(source, scan.frames, warnings)));
}

/** The b-values of a series. Files without a name of their own may belong to another one, so that those that do not fit are no fault. */
async function bValuesOf({ bValues, plainBValues = [] }: Source, frames: number, warnings: string[]): Promise<number[] | undefined> {
  if (bValues) return readBValues(bValues, frames, (sentence) => warnings.push(sentence));
  for (const file of plainBValues) {
    const values = await readBValues(file, frames, () => {});
    if (values) return values;
  }
  return undefined;
}

/** Finite values of a type that the viewer reads. */
function forViewer(values: VoxelArray, slope: number, inter: number): VoxelArray {
  if (!(values instanceof Float32Array || values instanceof Float64Array)) return values;
  let low = Infinity;
  for (const value of values) if (value < low && Number.isFinite(value)) low = value;
  const isWide = values instanceof Float64Array;
  return Float32Array.from(values, (value) => {
    const finite = Number.isFinite(value) ? value : low;
    return isWide ? finite * slope + inter : finite;
  });
}

/** A mask at a border: the largest part of what lies inside it. */
export function maskAt(distance: Float32Array, shape: Shape, border: number): Uint8Array {
  return largestComponent(maskFromDistance(distance, border), shape);
}

/** Writes a result in the format of its scan, which is read again for its header and its voxels. */
export async function writeResult(source: Source, result: Result): Promise<Blob> {
  const scan = await readSource(source);
  const family: Readable = source.family;
  if (result.what === "brain") return writeScan(insideMask(scan, result.mask), family);
  return writeScan(withValues(scan, result.what === "mask" ? result.mask : result.distance), family);
}

