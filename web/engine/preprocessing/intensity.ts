/** Intensity: what the network expects, from whatever the scanner wrote; a port of `preprocessing/intensity.py`. */

import { clamp } from "../affine";
import { percentiles } from "../arrays";
import { clipped, realValues, withValues } from "../volume";
import { sampleValues } from "./value_range";
import type { Shape, Volume } from "../types";

/** Percentiles that become 0 and 1. */
const LOW_HIGH = [1, 99.5];
/** Brighter voxels are clipped to this, on the scale on which the 99.5th percentile is 1. */
const CEILING = 1.5;
/** About this number of voxels is enough for the percentiles. */
const N_SAMPLED_VOXELS = 200_000;
/** Hounsfield units of a CT that are kept. */
const CT_WINDOW = [-50, 150] as const;
/** How a CT in Hounsfield units is recognised: its 5th percentile is air, and this fraction of its voxels is fat. */
const CT_AIR = -500;
const CT_FAT_FRACTION = 0.002;
const CT_PERCENTILE = 5;
const N_CT_PLANES = 48;

/** Clips a CT in Hounsfield units to its window, before it is resampled; any other scan is returned as it is. */
export function clipCt(scan: Volume): Volume {
  return isCt(scan) ? withValues(scan, clipped(realValues(scan), ...CT_WINDOW)) : scan;
}

/** Whether a scan is a CT in Hounsfield units. */
export function isCt(scan: Volume): boolean {
  const sample = sampleValues(scan, N_CT_PLANES);
  if (percentiles(sample, [CT_PERCENTILE])[0]! > CT_AIR) return false;
  const fat = sample.reduce((sum, value) => sum + (value > CT_AIR && value < CT_WINDOW[0] ? 1 : 0), 0);
  return fat / sample.length >= CT_FAT_FRACTION;
}

/** Scales to 0 at the 1st percentile and 1 at the 99.5th, clipped at 1.5; 0 outside the field of view. */
export function rescale(image: Float32Array, fieldOfView: Uint8Array, shape: Shape): Float32Array {
  const [low, high] = percentiles(sampled(image, fieldOfView, shape), LOW_HIGH) as [number, number];
  const zero = Math.fround(low);
  const range = Math.fround(high - low || 1);
  const scaled = new Float32Array(image.length);
  for (let i = 0; i < image.length; i++)
    if (fieldOfView[i]) scaled[i] = clamp(Math.fround(image[i]! - zero) / range, 0, CEILING);
  return scaled;
}

/** A sample of the field of view: every n-th voxel in C order; all of it if the sample is empty. */
function sampled(image: Float32Array, fieldOfView: Uint8Array, [nx, ny, nz]: Shape): Float32Array {
  const step = Math.max(1, Math.floor(image.length / N_SAMPLED_VOXELS)) | 1;
  const sample: number[] = [];
  for (let place = 0; place < image.length; place += step) {
    const z = place % nz;
    const y = ((place - z) / nz) % ny;
    const index = (place - z - y * nz) / (nz * ny) + nx * (y + ny * z);
    if (fieldOfView[index]) sample.push(image[index]!);
  }
  return sample.length ? Float32Array.from(sample) : image.filter((_, index) => fieldOfView[index]);
}
