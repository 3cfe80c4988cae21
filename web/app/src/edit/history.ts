/** History: the strokes of an edit, which can be undone and done again, and the account of them that is saved. */

/** What is saved of a stroke. */
export interface Entry {
  tool: string;
  /** The slice, as an axis of the scan's voxels with a number from 0; or 3-D. */
  slice: string;
  voxels: number;
  /** ISO 8601. */
  at: string;
}

export interface Stroke {
  readonly entry: Entry;
  readonly voxels: Uint32Array;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Longest text that may stand in the header of a request. */
const MAX_BYTES = 7900;
/** Bytes of strokes that are kept to be undone. */
const MAX_KEPT = 200_000_000;
const BYTES_PER_VOXEL = 6;

export class History {
  private done: Stroke[] = [];
  private undone: Stroke[] = [];
  private forgotten: Entry[] = [];

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  add(stroke: Stroke): void {
    this.done.push(stroke);
    this.undone = [];
    let kept = this.done.reduce((sum, one) => sum + one.voxels.length * BYTES_PER_VOXEL, 0);
    while (kept > MAX_KEPT && this.done.length > 1) {
      const oldest = this.done.shift() as Stroke;
      this.forgotten.push(oldest.entry);
      kept -= oldest.voxels.length * BYTES_PER_VOXEL;
    }
  }

  undo(): Stroke | undefined {
    const stroke = this.done.pop();
    if (stroke) this.undone.push(stroke);
    return stroke;
  }

  redo(): Stroke | undefined {
    const stroke = this.undone.pop();
    if (stroke) this.done.push(stroke);
    return stroke;
  }

  clear(): void {
    this.done = [];
    this.undone = [];
    this.forgotten = [];
  }

  get entries(): Entry[] {
    return [...this.forgotten, ...this.done.map((stroke) => stroke.entry)];
  }

  /** The most recent entries as JSON that fits into a header. */
  asHeader(): string {
    const { entries } = this;
    let text = JSON.stringify(entries);
    while (text.length > MAX_BYTES) {
      entries.splice(0, Math.max(1, Math.floor(entries.length / 10)));
      text = JSON.stringify(entries);
    }
    return text;
  }
}
