/** Estimate: how long a scan will take and how much memory it will need, before anything is computed. */

import { count } from "./arrays";
import { threads } from "./models/engine";
import { coveredPart, findCoverage } from "./preprocessing/coverage";
import { gridOf, preprocessingOf } from "./preprocessing/settings";
import { checkVolume, finite } from "./volume";
import type { Estimate, ModelCard, Shape, Stage, Volume } from "./types";

/** Measured with one thread on a core of 2.5 GHz: seconds for a million voxels. */
const NETWORK_SECONDS = 2.4;
const CONFORM_SECONDS = 0.12;
const SCAN_SECONDS = 0.06;
/** Threads share this part of the network's work; the rest is done by one. */
const PARALLEL_PART = 0.9;
/** Seconds that loading the network takes. */
const LOAD_SECONDS = 1.5;
/** Memory of the program and the network before a scan, and for each voxel of the network's grid and of the scan, in bytes. */
const BASE_BYTES = 150e6;
const GRID_BYTES = 90;
const RESULT_BYTES = 14;

/** How long each stage takes, in seconds. */
export type Plan = Readonly<Record<Stage, number>>;

/** Says what stripping a scan needs, as far as can be said: computers differ. */
export function estimate(scan: Volume, card: ModelCard): Estimate {
  checkVolume(scan);
  const usable = finite(scan);
  const { shape } = gridOf(coveredPart(findCoverage(usable), usable), preprocessingOf(card));
  const plan = planOf(scan.shape, shape);
  return {
    seconds: plan.load + plan.conform + plan.network + plan.resample,
    bytes: BASE_BYTES + GRID_BYTES * count(shape) + RESULT_BYTES * count(scan.shape) + scan.values.byteLength,
    gridShape: shape,
  };
}

/** Seconds of each stage for a scan and a grid of the network. */
export function planOf(scan: Shape, grid: Shape): Plan {
  const [millionsOfScan, millionsOfGrid] = [count(scan) / 1e6, count(grid) / 1e6];
  const speed = 1 - PARALLEL_PART + PARALLEL_PART / threads();
  return {
    load: LOAD_SECONDS,
    conform: CONFORM_SECONDS * millionsOfGrid + SCAN_SECONDS * millionsOfScan,
    network: NETWORK_SECONDS * speed * millionsOfGrid,
    resample: SCAN_SECONDS * millionsOfScan,
    quality: (NETWORK_SECONDS * speed + CONFORM_SECONDS) * 0.2 * millionsOfGrid,
  };
}
