/** Masks: of a finished job, at any border and of either surface; and what is kept of an edited one (`deskull.web.masks`, `edits`). */

import type { Place } from "../../../app/src/backend";
import type { EditCounts } from "../../../app/src/contract";
import { determinant } from "../../../formats/affine";
import type { Tasks } from "../files/protocol";
import type { Edit, Results, Work } from "./work";

/** Borders that differ by less, in mm, are the same. */
const SAME_BORDER_MM = 1e-6;
const HISTORY = ["tool", "slice", "voxels", "at"] as const;
const LONGEST_NAME = 200;

export function resultsOf(work: Work): Results {
  if (!work.results) throw new Error(`${work.job.name}: is not stripped yet; wait for it.`);
  return work.results;
}

/** The mask at a border; at that of the job, the one that was made with it. */
export async function maskOf(work: Work, { border, surface }: Place, files: Tasks): Promise<Uint8Array> {
  const { mask, distances, shape } = resultsOf(work);
  const isOwn = surface === work.job.surface && Math.abs(border - (work.job.border_mm ?? 0)) < SAME_BORDER_MM;
  if (isOwn) return new Uint8Array(await mask.arrayBuffer());
  const distance = distances[surface];
  if (!distance) throw new Error(`${work.job.name}: has no distance to the ${surface} surface; strip the scan for one.`);
  return files.mask(new Float32Array(await distance.arrayBuffer()), shape, border);
}

/** Keeps an edited mask, given as gzip, with how it differs from the one that was edited. */
export async function keepEdit(work: Work, packed: Blob, base: Place, headers: Record<string, string>, version: string, files: Tasks): Promise<EditCounts> {
  const inside = new Uint8Array(await new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  const before = await maskOf(work, base, files);
  if (inside.length !== before.length) throw new Error(`${work.job.name}: the edited mask has not the ${before.length} voxels of the scan; reload the page.`);
  const counts = { added_voxels: 0, removed_voxels: 0 };
  let voxels = 0;
  inside.forEach((value, at) => {
    voxels += value ? 1 : 0;
    if (value && !before[at]) counts.added_voxels += 1;
    if (!value && before[at]) counts.removed_voxels += 1;
  });
  const entry = {
    Editor: decodeURIComponent(headers["X-Deskull-Editor"] ?? "").slice(0, LONGEST_NAME) || "unknown", Time: new Date().toISOString().replace(/\.\d+Z$/, "+00:00"),
    AddedVoxels: counts.added_voxels, RemovedVoxels: counts.removed_voxels, Base: { Surface: base.surface, BorderMm: base.border }, History: historyOf(headers["X-Deskull-History"]),
  };
  work.edit = recorded(work, inside, voxels, base, entry, version);
  return { ...counts, edits: work.edit.record.Edits.length };
}

function recorded(work: Work, inside: Uint8Array<ArrayBuffer>, voxels: number, base: Place, entry: object, version: string): Edit {
  const { affine, model } = resultsOf(work);
  const record = {
    Type: base.surface === "brain" ? "Brain" : "ROI", Description: "Mask of deskull, edited by hand.",
    VolumeMl: Number(((voxels * Math.abs(determinant(affine))) / 1000).toFixed(2)),
    GeneratedBy: [{
      Name: "deskull", Version: version, Description: "skull stripping",
      Parameters: { model: model.name, sha256: model.sha256, surface: work.job.surface, border_mm: work.job.border_mm },
    }],
    Edits: [...(work.edit?.record.Edits ?? []), entry],
  };
  return { voxels: new Blob([inside]), record };
}

function historyOf(text = "[]"): object[] {
  const entries = JSON.parse(text) as Record<string, unknown>[];
  return entries.map((entry) => Object.fromEntries(HISTORY.map((name) => [name, entry[name] ?? null])));
}
