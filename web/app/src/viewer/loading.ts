/** Loading: what the viewer needs of a job, from the backend. */

import { api } from "../backend";
import type { Job, Surface } from "../contract";
import { Editor } from "../edit/editor";
import { savedBase } from "../edit/saving";
import { Body } from "./body";
import type { Grid, Triple } from "./grid";
import { readNifti, type Image } from "./nifti";
import type { Scene } from "./scene";
import { View } from "./view";
import { findWindow, narrowToBrain, type Range } from "./window";

const OPACITY = 0.12;

export interface Loaded {
  readonly scene: Scene;
  readonly surface: Surface;
  /** Grey values between which the sliders of the window move. */
  readonly greys: Range;
}

/** Loads the scan, the distance (or the mask, where there is none) and the saved edit of a job. */
export async function loadJob(job: Job, complain: (sentence: string) => void): Promise<Loaded> {
  const base = (job.has_edit && savedBase(job.id)) || { border: job.border_mm ?? 0, surface: job.surface };
  const [image, distance, edited] = await Promise.all([
    api.volume(job.id, "scan").then(readNifti),
    job.has_distance ? loadDistance(job, base.surface) : loadMask(job),
    job.has_edit ? api.volume(job.id, "edited").then(readNifti) : undefined,
  ]);
  const body = new Body(image.grid, distance, job.has_distance ? base.border : 0);
  if (job.has_distance && (base.border !== job.border_mm || base.surface !== job.surface)) body.setBorder(base.border);
  body.settle();
  if (edited) body.adopt(edited.data);
  const { shown: usual, whole } = findWindow(image);
  const shown = narrowToBrain(usual, image, (voxel) => body.isInside(voxel));
  const view = new View({
    crosshair: middleOf(body), black: shown.low, white: shown.high, opacity: OPACITY, hasContour: true, show: "scan", swipe: 0.5,
    zoom: 1, drawn3d: "brain", pane: undefined,
  });
  return { scene: { image, body, view, editor: new Editor(body, complain) }, surface: base.surface, greys: whole };
}

/** Loads the distance to a surface. */
export async function loadDistance(job: Job, surface: Surface): Promise<Float32Array> {
  const image = await api.volume(job.id, surface === "brain" ? "distance" : "intracranial").then(readNifti);
  if (image.data instanceof Float32Array && image.slope === 1 && image.inter === 0) return image.data;
  return Float32Array.from(image.data, (value) => value * image.slope + image.inter);
}

/** Loads the mask as if it were a distance whose border is 0. */
async function loadMask(job: Job): Promise<Float32Array> {
  const image: Image = await readNifti(await api.mask(job.id, { border: job.border_mm ?? 0, surface: job.surface }));
  return Float32Array.from(image.data, (value) => (value ? -0.5 : 0.5));
}

/** The middle of the body, or of the scan if there is none. */
function middleOf(body: Body): Triple {
  const { grid } = body;
  const low: Triple = [...grid.shape];
  const high: Triple = [-1, -1, -1];
  let voxel = 0;
  for (let z = 0; z < grid.shape[2]; z += 1) {
    for (let y = 0; y < grid.shape[1]; y += 1) {
      for (let x = 0; x < grid.shape[0]; x += 1, voxel += 1) {
        if (body.isInside(voxel)) include(low, high, [x, y, z]);
      }
    }
  }
  return high[0] < 0 ? middle(grid) : low.map((from, axis) => Math.floor((from + (high[axis] ?? 0)) / 2)) as Triple;
}

function include(low: Triple, high: Triple, place: Triple): void {
  for (const axis of [0, 1, 2] as const) {
    low[axis] = Math.min(low[axis], place[axis]);
    high[axis] = Math.max(high[axis], place[axis]);
  }
}

function middle(grid: Grid): Triple {
  return grid.shape.map((size) => Math.floor(size / 2)) as Triple;
}
