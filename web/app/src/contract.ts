/** Contract: what the server of `deskull serve` answers, and the static page by the same types. */

import type { Verdict } from "../../shared/badge";

export type Surface = "brain" | "intracranial";
export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";
export type Download = "mask" | "brain" | "distance" | "edited" | "edited-record" | "edited-brain" | "quality" | "report";
export type VolumeName = "scan" | "distance" | "intracranial" | "edited";
export const DOWNLOADS: readonly Download[] = ["mask", "brain", "distance", "edited", "edited-record", "edited-brain", "quality", "report"];

export interface Options {
  model?: string;
  surface?: Surface;
  border_mm?: number | null;
}

export interface Quality {
  verdict: Verdict;
  predicted_dice: number | null;
  lower_bound: number | null;
  margin_mm: number | null;
  reasons: string[];
  findings: string[];
}

export interface Job {
  id: string;
  name: string;
  state: JobState;
  position: number | null;
  stage: string | null;
  fraction: number | null;
  error: string | null;
  created: string;
  seconds: number | null;
  options: Options;
  shape: number[] | null;
  voxel_mm: number[] | null;
  volume_ml: number | null;
  border_mm: number | null;
  surface: Surface;
  has_distance: boolean;
  has_edit: boolean;
  quality: Quality | null;
  command: string | null;
  /** What stripping takes in time and memory, as far as it is known before; absent where a server does it. */
  needs?: string;
}

export interface Model {
  name: string;
  description: string;
  surfaces: Surface[];
  default_border_mm: Partial<Record<Surface, number>>;
}

export interface State {
  version: string;
  notice: string;
  limits: { file_bytes: number; files: number; queue: number };
  root: boolean;
  review: boolean;
  models: Model[];
  jobs: Job[];
}

export interface Choice {
  id: string;
  label: string;
  kind: "image" | "dicom series";
  n_files: number;
  shape: number[] | null;
  note: string;
}

export interface Folder {
  path: string;
  folders: string[];
  files: { name: string; bytes: number }[];
}

export interface ReviewRow {
  id: string;
  name: string;
  verdict: Verdict;
  predicted_dice: number | null;
  reason: string;
  volume_ml: number | null;
  rating: string;
  comment: string;
  has_scan: boolean;
}

export interface Review {
  columns: string[];
  rows: ReviewRow[];
}

export interface EditCounts {
  added_voxels: number;
  removed_voxels: number;
  edits: number;
}
