/** Editor: the tools that change the body voxel by voxel. */

import { Observable } from "../observable";
import type { Body } from "../viewer/body";
import type { Plane } from "../viewer/plane";
import { alongLine, coverWithBrush } from "./brush";
import { findHole } from "./fill";
import { History, type Stroke } from "./history";
import { coverOutline, type Place } from "./outline";

export const TOOLS = ["move", "draw", "erase", "outline", "fill"] as const;
export type Tool = (typeof TOOLS)[number];

/** A stroke that goes on: what its voxels were before. */
interface Open {
  tool: Tool;
  slice: string;
  before: Map<number, number>;
  line: Line;
}

/** What an outline goes along, in pixels of a slice. */
export interface Line {
  plane: Plane;
  slice: number;
  places: Place[];
}

const AXES = "ijk";
export const SIZES_MM = { least: 1, most: 40 };

export class Editor extends Observable {
  readonly history = new History();
  tool: Tool = "move";
  diameterMm = 8;
  /** Whether the brush is a ball, and holes are filled in three dimensions. */
  isBall = false;
  /** Whether there are strokes that are not saved. */
  isUnsaved = false;
  private open: Open | undefined;

  constructor(private readonly body: Body, private readonly complain: (sentence: string) => void) {
    super();
  }

  get hasBrush(): boolean {
    return this.tool === "draw" || this.tool === "erase";
  }

  /** The outline that is being drawn. */
  get line(): Line | undefined {
    return this.open?.tool === "outline" ? this.open.line : undefined;
  }

  set(change: Partial<Pick<Editor, "tool" | "diameterMm" | "isBall" | "isUnsaved">>): void {
    Object.assign(this, change);
    this.diameterMm = Math.min(SIZES_MM.most, Math.max(SIZES_MM.least, this.diameterMm));
    this.tell();
  }

  /** Goes on with a stroke, from one place of a slice to another, or begins one. */
  use(plane: Plane, slice: number, from: Place, to: Place): void {
    if (this.tool === "move") return;
    const isNew = this.open === undefined;
    if (isNew) this.body.settle();
    this.open ??= { tool: this.tool, slice: this.nameSlice(plane, slice), before: new Map(), line: { plane, slice, places: [] } };
    if (this.tool === "fill") {
      if (isNew) this.fill(plane, slice, to);
    } else if (this.tool === "outline") {
      this.open.line.places.push(to);
    } else {
      this.paint(plane, slice, from, to, this.tool === "draw");
    }
    this.body.changed();
  }

  /** Ends a stroke, which can be undone from now on. */
  endStroke(): void {
    const { open } = this;
    if (open?.tool === "outline") this.fillOutline(open.line);
    this.open = undefined;
    if (!open?.before.size) return;
    const voxels = Uint32Array.from(open.before.keys());
    const entry = { tool: open.tool, slice: open.slice, voxels: voxels.length, at: new Date().toISOString() };
    this.history.add({ entry, voxels, before: Uint8Array.from(open.before.values()), after: this.editsOf(voxels) });
    this.set({ isUnsaved: true });
  }

  undo(): void {
    this.restore(this.history.undo(), "before");
  }

  redo(): void {
    this.restore(this.history.redo(), "after");
  }

  /** Removes all edits. */
  clear(): void {
    this.body.edit.fill(0);
    this.history.clear();
    this.body.changed();
    this.set({ isUnsaved: false });
  }

  private paint(plane: Plane, slice: number, from: Place, to: Place, isInside: boolean): void {
    const brush = { radiusMm: this.diameterMm / 2, isBall: this.isBall };
    for (const place of alongLine(plane, from, to, brush.radiusMm)) {
      coverWithBrush(plane, slice, place, brush, (voxel) => this.change(voxel, isInside));
    }
  }

  private fill(plane: Plane, slice: number, [x, y]: Place): void {
    const hole = findHole(this.body, plane, [Math.floor(x), Math.floor(y), slice], this.isBall);
    if (!hole) return this.complain("This region is open to the edge of the scan: close its outline with the brush first.");
    if (!hole.length) return this.complain("This place is inside the mask already: click into a hole.");
    for (const voxel of hole) this.change(voxel, true);
  }

  private fillOutline({ plane, slice, places }: Line): void {
    coverOutline(plane, slice, places, (voxel) => this.change(voxel, true));
    this.body.changed();
  }

  private change(voxel: number, isInside: boolean): void {
    const { body } = this;
    if (body.isInside(voxel) === isInside) return;
    const before = body.edit[voxel] ?? 0;
    if (!this.open?.before.has(voxel)) this.open?.before.set(voxel, before);
    body.edit[voxel] = body.editFor(voxel, isInside);
  }

  private restore(stroke: Stroke | undefined, which: "before" | "after"): void {
    if (!stroke) return;
    stroke.voxels.forEach((voxel, at) => (this.body.edit[voxel] = stroke[which][at] ?? 0));
    this.body.changed();
    this.set({ isUnsaved: true });
  }

  private editsOf(voxels: Uint32Array): Uint8Array {
    return Uint8Array.from(voxels, (voxel) => this.body.edit[voxel] ?? 0);
  }

  /** The slice as the axis of the scan's voxels that it stands on: "k=93". */
  private nameSlice(plane: Plane, slice: number): string {
    if (this.isBall && this.tool !== "outline") return "3-D";
    const { axis } = plane.through;
    return `${AXES[axis]}=${plane.voxelOf(0, 0, slice)[axis]}`;
  }
}
