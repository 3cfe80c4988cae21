/** Stripping: one job from its file to its results. */

import type { Job, Quality, Surface } from "../../../app/src/contract";
import type { ClientResult } from "../../../engine/client";
import type { Estimate, Progress } from "../../../engine/types";
import type { Tasks } from "../files/protocol";
import type { Scan } from "../files/scans";
import { asset, type Network } from "../settings";
import { commandOf } from "./command";
import type { Engine } from "./engine";
import type { Results, Work } from "./work";

/** Parts of the whole that reading takes, as the bar shows it. */
const READING = 0.05;

export interface Stripped {
  readonly results: Results;
  readonly fields: Partial<Job>;
}

/** Strips the scan of a job; `tell` is told what changes meanwhile. */
export async function stripWork(work: Work, networks: readonly Network[], files: Tasks, engine: Engine, tell: (fields: Partial<Job>) => void): Promise<Stripped> {
  const begun = performance.now();
  tell({ state: "running", stage: "read", fraction: 0 });
  const scan = await files.scan(work.source, asset("dcm2niix_worker.js"));
  work.source = scan.source;
  const network = networks.find(({ name }) => name === work.job.options.model) ?? networks[0];
  if (!network) throw new Error("The page has no network; build it again with 'deskull web build'.");
  const client = await engine.ready();
  const { surface } = work.job;
  const border = work.job.options.border_mm;
  tell({ shape: [...scan.volume.shape], needs: needsOf(await client.estimate(scan.volume, network.name)) });
  const both = surface === "brain" && network.surfaces.includes("intracranial");
  const second = networks.find(({ name }) => name !== network.name)?.name;
  const onProgress = (progress: Progress): void => tell({ stage: progress.stage, fraction: READING + (1 - READING) * progress.done });
  const options = { surface, icv: both, ...(typeof border === "number" && { borderMm: border }), ...(second && surface === "brain" && { second }) };
  const result = await client.strip(scan.volume, network.name, options, onProgress);
  const brain = surface === "brain" ? undefined : await client.strip(scan.volume, network.name, { surface: "brain" });
  const seconds = (performance.now() - begun) / 1000;
  return { results: resultsOf(scan, result, brain), fields: fieldsOf(work, scan, result, seconds) };
}

/** What stripping takes, said before the network starts. */
export function needsOf({ seconds, bytes }: Pick<Estimate, "seconds" | "bytes">): string {
  const threads = globalThis.crossOriginIsolated ? "" : " This browser runs it on one core.";
  return `Needs about ${seconds < 10 ? Math.ceil(seconds) : 5 * Math.ceil(seconds / 5)} s on a usual computer, and ${(bytes / 1e9).toFixed(1)} GB of memory.${threads}`;
}

function resultsOf(scan: Scan, result: ClientResult, brain: ClientResult | undefined): Results {
  const distances: Partial<Record<Surface, Blob>> = { [result.surface]: blobOf(result.distance) };
  if (result.intracranial) distances.intracranial = blobOf(result.intracranial.distance);
  if (brain) distances.brain = blobOf(brain.distance);
  return { shown: scan.shown, shape: scan.volume.shape, affine: scan.volume.affine, mask: blobOf(result.mask), distances, model: result.model };
}

function fieldsOf(work: Work, { voxelMm, volume, source }: Scan, result: ClientResult, seconds: number): Partial<Job> {
  return {
    state: "done", stage: null, fraction: 1, seconds, shape: [...volume.shape], voxel_mm: voxelMm, volume_ml: result.volumeMl, border_mm: result.borderMm,
    has_distance: true, quality: qualityOf(result), command: commandOf(source, work.job.options, result.borderMm),
  };
}

/** The quality as the page shows it; null where the engine does not judge it. */
function qualityOf(result: ClientResult): Quality | null {
  const { quality } = result as ClientResult & { quality?: { verdict: Quality["verdict"]; predictedDice: number | null; lowerBound: number | null; marginMm: number | null; reasons: readonly string[]; findings: readonly string[] } };
  if (!quality) return null;
  const { verdict, predictedDice, lowerBound, marginMm, reasons, findings } = quality;
  return { verdict, predicted_dice: predictedDice, lower_bound: lowerBound, margin_mm: marginMm, reasons: [...reasons], findings: [...findings] };
}

function blobOf(voxels: Uint8Array | Float32Array): Blob {
  return new Blob([voxels as BlobPart]);
}

