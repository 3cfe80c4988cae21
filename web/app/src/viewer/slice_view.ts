/** Slice view: a canvas with one plane of the scan, and the slider that moves through its slices. */

import { element } from "../../../shared/dom";
import { onNextFrame } from "../observable";
import { traceContour } from "./contour";
import { Frame } from "./frame";
import { listenToPointer } from "./pointer";
import { drawBrush, drawCrosshair, drawLine, drawSwipe, drawTexts } from "./overlay";
import { Plane } from "./plane";
import type { Scene } from "./scene";
import { listenToSliceKeys } from "./slice_keys";
import { drawPicture } from "./slice_picture";

const CONTOUR = "#ff7a5c";
const KEYS = "Arrow keys move the crosshair, Page Up and Page Down the slice; Space uses the brush at the crosshair.";

export class SliceView {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly plane: Plane;
  readonly frame: Frame;
  /** Where the pointer is, in pixels of the slice. */
  pointed: [number, number] | undefined;
  readonly redraw = onNextFrame(() => this.draw());
  private readonly slider: HTMLInputElement;
  private readonly scan = element("canvas");
  private readonly brain = element("canvas");

  constructor(readonly scene: Scene, world: 0 | 1 | 2) {
    this.plane = new Plane(scene.image.grid, world);
    this.frame = new Frame(this.plane);
    this.canvas = element("canvas", { tabindex: 0, role: "application", "aria-label": `${this.plane.name} slice. ${KEYS}`, "data-plane": this.plane.name });
    this.slider = element("input", { type: "range", min: 0, max: this.plane.through.size - 1, step: 1, "aria-label": `${this.plane.name} slice` });
    this.slider.addEventListener("input", () => this.goTo(Number(this.slider.value)));
    this.element = element("div", { class: "pane" }, this.canvas, this.slider);
    listenToPointer(this);
    listenToSliceKeys(this);
    for (const part of [scene.view, scene.body, scene.editor]) part.onChange(this.redraw);
    new ResizeObserver(this.redraw).observe(this.canvas);
  }

  get slice(): number {
    return this.plane.sliceOf(this.scene.view.now.crosshair);
  }

  /** Shows another slice. */
  goTo(slice: number): void {
    const [column, row] = this.plane.pixelOf(this.scene.view.now.crosshair);
    const limited = Math.min(this.plane.through.size - 1, Math.max(0, slice));
    this.scene.view.set({ crosshair: this.plane.voxelOf(column, row, limited) });
  }

  /** The pixel at a place of the slice; undefined outside it. */
  pixelAt([x, y]: [number, number]): [column: number, row: number] | undefined {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const isInside = column >= 0 && row >= 0 && column < this.plane.across.size && row < this.plane.down.size;
    return isInside ? [column, row] : undefined;
  }

  private draw(): void {
    const { canvas, scene: { view }, slice } = this;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    const context = canvas.getContext("2d");
    if (!width || !height || !context) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    this.slider.value = String(slice);
    this.slider.setAttribute("aria-valuetext", `${slice + 1} of ${this.plane.through.size}`);
    this.frame.fit(width, height, view.now.zoom);
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
    const split = view.now.show === "scan" ? width : view.now.show === "brain" ? 0 : width * view.now.swipe;
    if (split > 0) this.drawScan(context, split, ratio);
    if (split < width) this.drawBrain(context, split);
    this.drawOver(context, split, ratio);
  }

  /** The scan with its mask, up to a place across. */
  private drawScan(context: CanvasRenderingContext2D, split: number, ratio: number): void {
    const { image, body, view } = this.scene;
    drawPicture(this.scan, image, body, this.plane, this.slice, view, false);
    this.clipped(context, 0, split, () => {
      context.drawImage(this.scan, 0, 0);
      if (!view.now.hasContour) return;
      context.strokeStyle = CONTOUR;
      context.lineJoin = "round";
      const outline = new Path2D();
      outline.addPath(traceContour(body, this.plane, this.slice), context.getTransform());
      context.resetTransform();
      context.lineWidth = 1.6 * ratio;
      context.stroke(outline);
    });
  }

  /** The brain alone, from a place across on. */
  private drawBrain(context: CanvasRenderingContext2D, split: number): void {
    const { image, body, view } = this.scene;
    drawPicture(this.brain, image, body, this.plane, this.slice, view, true);
    this.clipped(context, split, context.canvas.width, () => context.drawImage(this.brain, 0, 0));
  }

  private clipped(context: CanvasRenderingContext2D, from: number, to: number, draw: () => void): void {
    context.save();
    context.beginPath();
    context.rect(from, 0, to - from, context.canvas.height);
    context.clip();
    context.imageSmoothingQuality = "high";
    context.imageSmoothingEnabled = this.frame.scale[0] < 8 * (devicePixelRatio || 1);
    context.translate(...this.frame.origin);
    context.scale(...this.frame.scale);
    draw();
    context.restore();
  }

  private drawOver(context: CanvasRenderingContext2D, split: number, ratio: number): void {
    const { view, editor } = this.scene;
    if (view.now.show === "swipe") drawSwipe(context, split, ratio);
    if (editor.tool === "move") drawCrosshair(context, this.frame, this.plane.pixelOf(view.now.crosshair), ratio);
    drawTexts(context, this.frame, this.plane, `${this.plane.name}  ${this.slice + 1} / ${this.plane.through.size}`, ratio);
    const { line } = editor;
    if (line?.plane === this.plane) drawLine(context, this.frame, line.places, ratio);
    if (this.pointed && editor.hasBrush) drawBrush(context, this.frame, this.pointed, editor.diameterMm / 2, ratio);
  }
}
