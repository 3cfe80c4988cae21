/** Body: what counts as brain. The border moves it, and the edit of each voxel is kept apart from it. */

import { Observable } from "../observable";
import { findIslands } from "./islands";
import { nVoxels, voxelMl, type Grid } from "./grid";

/** What an edit has done to a voxel. */
export const UNTOUCHED = 0;
export const ADDED = 1;
export const REMOVED = 2;

export interface Counts {
  voxels: number;
  added: number;
  removed: number;
}

export class Body extends Observable {
  readonly edit: Uint8Array;
  private limit: number;
  private counted: Counts | undefined;
  /** Voxels of the base that hang apart from its largest part. */
  private islands: Uint8Array | undefined;
  private isSettled = true;

  /** `distance` is in mm from the surface, negative inside; the body lies where it is smaller than `border`. */
  constructor(readonly grid: Grid, private distance: Float32Array, border: number) {
    super();
    this.edit = new Uint8Array(nVoxels(grid));
    this.limit = Math.fround(border);
  }

  get border(): number {
    return this.limit;
  }

  setBorder(border: number): void {
    this.limit = Math.fround(border);
    this.islands = undefined;
    this.isSettled = false;
    this.changed();
  }

  /** Leaves out what hangs apart at the present border, as deskull does; too slow for each step of a slider. */
  settle(): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.islands = findIslands(this.grid, (voxel) => (this.distance[voxel] ?? Infinity) < this.limit);
    if (this.islands) this.changed();
  }

  /** Follows another surface. */
  setDistance(distance: Float32Array, border: number): void {
    this.distance = distance;
    this.setBorder(border);
  }

  /** Whether the network's mask holds a voxel. */
  isBase(voxel: number): boolean {
    return (this.distance[voxel] ?? Infinity) < this.limit && !this.islands?.[voxel];
  }

  isInside(voxel: number): boolean {
    const edit = this.edit[voxel];
    return edit === ADDED || (edit === UNTOUCHED && this.isBase(voxel));
  }

  /** What an edit must say of a voxel so that it lies inside, or outside. */
  editFor(voxel: number, isInside: boolean): number {
    if (this.isBase(voxel) === isInside) return UNTOUCHED;
    return isInside ? ADDED : REMOVED;
  }

  /** Distance of a voxel to the contour in mm, negative inside; of edited ones half a mm. */
  toContour(voxel: number): number {
    const edit = this.edit[voxel];
    if (edit === UNTOUCHED && this.islands?.[voxel]) return 0.5;
    if (edit === UNTOUCHED) return (this.distance[voxel] ?? Infinity) - this.limit;
    return edit === ADDED ? -0.5 : 0.5;
  }

  /** Takes over a mask that was saved: what differs from the present border is the edit. */
  adopt(mask: ArrayLike<number>): void {
    for (let voxel = 0; voxel < this.edit.length; voxel += 1) this.edit[voxel] = this.editFor(voxel, mask[voxel] !== 0);
    this.changed();
  }

  /** Voxels of the body and of what the edit changes. */
  get counts(): Counts {
    this.counted ??= this.count();
    return this.counted;
  }

  get volumeMl(): number {
    return this.counts.voxels * voxelMl(this.grid);
  }

  /** The body as bytes, 1 inside, in the order of the scan's own voxels. */
  voxels(): Uint8Array<ArrayBuffer> {
    const made = new Uint8Array(this.edit.length);
    for (let voxel = 0; voxel < made.length; voxel += 1) made[voxel] = this.isInside(voxel) ? 1 : 0;
    return made;
  }

  /** To be called after `edit` was changed. */
  changed(): void {
    this.counted = undefined;
    this.tell();
  }

  private count(): Counts {
    const { distance, edit, limit, islands } = this;
    const counts = { voxels: 0, added: 0, removed: 0 };
    for (let voxel = 0; voxel < edit.length; voxel += 1) {
      const isBase = (distance[voxel] as number) < limit && !islands?.[voxel];
      const said = edit[voxel];
      if (said === UNTOUCHED) counts.voxels += isBase ? 1 : 0;
      else if (said === ADDED) { counts.voxels += 1; counts.added += isBase ? 0 : 1; }
      else counts.removed += isBase ? 1 : 0;
    }
    return counts;
  }
}
