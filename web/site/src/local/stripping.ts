/** Stripping: one job from its file to its results. */

import type { Job, Quality, Surface } from "../../../app/src/contract";
import type { ClientOptions, ClientResult } from "../../../engine/client";
import type { Estimate } from "../../../engine/types";
import type { Tasks } from "../files/protocol";
import type { Scan } from "../files/scans";
import { asset, type Network } from "../settings";
import { commandOf } from "./command";
import { Creeping } from "./creeping";
import type { Engine } from "./engine";
import type { Results, Work } from "./work";

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
  const network = networkOf(networks, work.job.options.model);
  const client = await engine.ready();
  const { surface } = work.job;
  const border = work.job.options.border_mm;
  tell({ shape: [...scan.volume.shape], needs: needsOf(await client.estimate(scan.volume, network.name)) });
  const both = surface === "brain" && network.surfaces.includes("intracranial");
  const creeping = new Creeping(tell);
  const options = { surface, icv: both, ...(typeof border === "number" && { borderMm: border }), quality: "default" } as const;
  const strip = (what: ClientOptions): Promise<ClientResult> => client.strip(scan.volume, network.name, what, (progress) => creeping.begin(progress));
  try {
    const result = await strip(options);
    const brain = surface === "brain" ? undefined : await strip({ surface: "brain" });
    return { results: resultsOf(scan, result, brain), fields: fieldsOf(work, scan, result, (performance.now() - begun) / 1000) };
  } finally {
    creeping.end();
  }
}

/** The network of a name, or the first one where none is stated. */
function networkOf(networks: readonly Network[], model: string | undefined): Network {
  const network = model === undefined ? networks[0] : networks.find(({ name }) => name === model);
  if (network) return network;
  if (!networks.length) throw new Error("The page has no network; build it again with 'deskull web build'.");
  throw new Error(`model='${model}': is unknown; choose ${networks.map(({ name }) => name).join(" or ")}.`);
}

/** What stripping takes, said before the network starts. */
export function needsOf({ seconds, bytes }: Pick<Estimate, "seconds" | "bytes">): string {
  const threads = globalThis.crossOriginIsolated ? "" : " This browser runs it on one core.";
  return `It needs about ${seconds < 10 ? Math.ceil(seconds) : 5 * Math.ceil(seconds / 5)} s on a usual computer, and ${(bytes / 1e9).toFixed(1)} GB of memory.${threads}`;
}

function resultsOf(scan: Scan, result: ClientResult, brain: ClientResult | undefined): Results {
  const distances: Partial<Record<Surface, Blob>> = { [result.surface]: blobOf(result.distance) };
  if (result.intracranial) distances.intracranial = blobOf(result.intracranial.distance);
  if (brain) distances.brain = blobOf(brain.distance);
  return { shown: scan.shown, shape: scan.volume.shape, affine: scan.volume.affine, mask: blobOf(result.mask), distances, model: result.model, ...(result.quality && { quality: result.quality }) };
}

function fieldsOf(work: Work, { voxelMm, volume, source }: Scan, result: ClientResult, seconds: number): Partial<Job> {
  return {
    state: "done", stage: null, fraction: 1, seconds, shape: [...volume.shape], voxel_mm: voxelMm.map((size) => Number(size.toFixed(4))), volume_ml: Number(result.volumeMl.toFixed(2)), border_mm: result.borderMm,
    has_distance: true, quality: qualityOf(result), command: commandOf(source, work.job.options, result.borderMm),
  };
}

/** The quality as the page shows it; null where the engine does not judge it. */
function qualityOf({ quality }: ClientResult): Quality | null {
  if (!quality) return null;
  const { verdict, predicted_dice, lower_bound, margin_mm, reasons, input } = quality;
  const findings = Array.isArray(input.findings) ? input.findings : [];
  return { verdict, predicted_dice, lower_bound, margin_mm, reasons, findings };
}

function blobOf(voxels: Uint8Array | Float32Array): Blob {
  return new Blob([voxels as BlobPart]);
}

