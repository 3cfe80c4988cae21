/** Study: a finished job that is open: its scene, its surface and border, and what follows from them. */

import { api, type Place, type SavedFile } from "./backend";
import { commandFor } from "./command";
import type { Download, EditCounts, Job, Surface } from "./contract";
import { saveEdit } from "./edit/saving";
import { Observable, whenQuiet } from "./observable";
import { loadDistance, type Loaded } from "./viewer/loading";
import type { Range } from "./viewer/window";
import type { Scene } from "./viewer/scene";

/** Farthest border that the page offers, in mm; the server may allow less. */
export const MOST_MM = 9;
const SETTLE_MS = 400;

export class Study extends Observable {
  readonly scene: Scene;
  readonly greys: Range;
  private shownSurface: Surface;
  private shownBorder: number;
  private readonly distances = new Map<Surface, Float32Array>();

  constructor(public job: Job, loaded: Loaded) {
    super();
    this.scene = loaded.scene;
    this.greys = loaded.greys;
    this.shownSurface = loaded.surface;
    this.shownBorder = job.has_distance ? Number(loaded.scene.body.border.toFixed(3)) : (job.border_mm ?? 0);
    this.scene.editor.onChange(() => this.tell());
    this.scene.body.onChange(whenQuiet(SETTLE_MS, () => { this.scene.body.settle(); this.tell(); }));
  }

  get surface(): Surface {
    return this.shownSurface;
  }

  get border(): number {
    return this.shownBorder;
  }

  get isAsMade(): boolean {
    return this.border === (this.job.border_mm ?? 0) && this.surface === this.job.surface;
  }

  /** Moves the border; the slices follow at once. */
  setBorder(border: number): void {
    if (!this.job.has_distance || !Number.isFinite(border)) return;
    this.shownBorder = Number(Math.min(MOST_MM, Math.max(-MOST_MM, border)).toFixed(2));
    this.scene.body.setBorder(this.shownBorder);
    this.tell();
  }

  /** Follows another surface, at a border. */
  async setSurface(surface: Surface, border: number): Promise<void> {
    const distance = this.distances.get(surface) ?? await loadDistance(this.job, surface);
    this.distances.set(surface, distance);
    this.shownSurface = surface;
    this.shownBorder = border;
    this.scene.body.setDistance(distance, border);
    this.tell();
  }

  get command(): string {
    return commandFor(this.job, this.surface, this.border);
  }

  /** Address of a file at the border shown; undefined where it has to be made. */
  addressOf(what: Download): string | undefined {
    return api.addressOf(this.job.id, what, this.place);
  }

  file(what: Download): Promise<SavedFile> {
    return api.file(this.job.id, what, this.place);
  }

  private get place(): Place {
    return { border: this.border, surface: this.surface };
  }

  async save(): Promise<EditCounts> {
    this.scene.body.settle();
    const counts = await saveEdit(this.job.id, this.scene, this.place);
    this.job = { ...this.job, has_edit: true };
    this.tell();
    return counts;
  }

  /** Removes the edit, here and on the server. */
  async discard(): Promise<void> {
    if (this.job.has_edit) await api.dropEdit(this.job.id);
    this.job = { ...this.job, has_edit: false };
    this.scene.editor.clear();
    this.tell();
  }
}
