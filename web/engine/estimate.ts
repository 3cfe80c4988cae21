/** Estimate: how long a scan will take and how much memory it will need, before anything is computed. */

import { count } from "./arrays";
import { threads } from "./models/runtime";
import { coveredPart, findCoverage } from "./preprocessing/coverage";
import { gridOf, preprocessingOf } from "./preprocessing/settings";
import { checkVolume, finite } from "./volume";
import type { Estimate, ModelCard, Shape, Stage, Volume } from "./types";

/** Measured with one thread: seconds for a million voxels of the network's output, of its grid, and of the scan. */
const NETWORK_SECONDS = 8;
const CONFORM_SECONDS = 0.1;
const SCAN_SECONDS = 0.05;
/** Seconds that loading the network, and judging the mask by default, take. */
const LOAD_SECONDS = 1.5;
const QUALITY_SECONDS = 3;
/** Threads share this part of the network's work; the rest is done by one. */
const PARALLEL_PART = 0.9;
/** Memory in bytes: of the program and the network, for each voxel of the output, and for each voxel of the scan. */
const BASE_BYTES = 250e6;
const OUTPUT_BYTES = 480;
const SCAN_BYTES = 14;

/** How long each stage takes, in seconds. */
export type Plan = Readonly<Record<Stage, number>>;

/** Says what stripping a scan needs, as far as can be said: computers differ. */
export function estimate(scan: Volume, card: ModelCard): Estimate {
  checkVolume(scan);
  const usable = finite(scan);
  const settings = preprocessingOf(card);
  const { shape } = gridOf(coveredPart(findCoverage(usable), usable), settings);
  const plan = planOf(scan.shape, shape, settings.stride);
  const output = count(shape) / settings.stride ** 3;
  return {
    seconds: plan.load + plan.conform + plan.network + plan.resample,
    bytes: BASE_BYTES + OUTPUT_BYTES * output + SCAN_BYTES * count(scan.shape) + scan.values.byteLength,
    gridShape: shape,
  };
}

/** Seconds of each stage for a scan and a grid of a network of a stride. */
export function planOf(scan: Shape, grid: Shape, stride: number): Plan {
  const [millionsOfScan, millionsOfGrid] = [count(scan) / 1e6, count(grid) / 1e6];
  const speed = 1 - PARALLEL_PART + PARALLEL_PART / threads();
  return {
    load: LOAD_SECONDS,
    conform: CONFORM_SECONDS * millionsOfGrid + SCAN_SECONDS * millionsOfScan,
    network: (NETWORK_SECONDS * speed * millionsOfGrid) / stride ** 3,
    resample: SCAN_SECONDS * millionsOfScan,
    quality: QUALITY_SECONDS * speed,
  };
}
