/** Work: a job of the static page: what is known of it, and its results, which the browser keeps until the page is left. */

import type { Job, Options, Surface } from "../../../app/src/contract";
import type { QualityRecord } from "../../../engine/quality/verdict";
import type { Source } from "../files/choices";

export interface Results {
  readonly shown: Blob;
  readonly shape: readonly [number, number, number];
  readonly affine: readonly number[];
  readonly mask: Blob;
  readonly distances: Partial<Record<Surface, Blob>>;
  readonly model: { readonly name: string; readonly sha256: string };
  readonly quality?: QualityRecord;
}

/** An edited mask, and what its JSON file says. */
export interface Edit {
  readonly voxels: Blob;
  readonly record: EditRecord;
}

export interface EditRecord {
  readonly Edits: readonly object[];
  readonly [field: string]: unknown;
}

export interface Work {
  job: Job;
  source: Source;
  results: Results | undefined;
  edit: Edit | undefined;
}

export function newWork(source: Source, options: Options, surface: Surface): Work {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const job: Job = {
    id, name: source.name, state: "queued", position: null, stage: null, fraction: null, error: null, created: new Date().toISOString(), seconds: null,
    options, shape: null, voxel_mm: null, volume_ml: null, border_mm: null, surface, has_distance: false, has_edit: false, quality: null, command: null,
  };
  return { job, source, results: undefined, edit: undefined };
}
