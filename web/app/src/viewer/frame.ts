/** Frame: where the pixels of a slice lie on a canvas, with zoom and shift. */

import type { Plane } from "./plane";

export class Frame {
  /** Middle of the canvas, in pixels of the slice. */
  private centre: [number, number];
  private width = 1;
  private height = 1;
  private perMm = 1;

  constructor(private readonly plane: Plane) {
    this.centre = [plane.across.size / 2, plane.down.size / 2];
  }

  /** Fits the slice into a canvas. */
  fit(width: number, height: number, zoom: number): void {
    const { across, down } = this.plane;
    this.width = width;
    this.height = height;
    this.perMm = zoom * 0.96 * Math.min(width / (across.size * across.mm), height / (down.size * down.mm));
    if (zoom <= 1) this.centre = [across.size / 2, down.size / 2];
  }

  /** Size of a slice's pixel on the canvas. */
  get scale(): [x: number, y: number] {
    return [this.perMm * this.plane.across.mm, this.perMm * this.plane.down.mm];
  }

  get pixelsPerMm(): number {
    return this.perMm;
  }

  /** Left upper corner of the slice on the canvas. */
  get origin(): [x: number, y: number] {
    return [this.width / 2 - this.centre[0] * this.scale[0], this.height / 2 - this.centre[1] * this.scale[1]];
  }

  toCanvas(column: number, row: number): [x: number, y: number] {
    return [this.origin[0] + column * this.scale[0], this.origin[1] + row * this.scale[1]];
  }

  /** Place in the slice; pixel 0 reaches from 0 to 1. */
  toSlice(x: number, y: number): [column: number, row: number] {
    return [(x - this.origin[0]) / this.scale[0], (y - this.origin[1]) / this.scale[1]];
  }

  shift(x: number, y: number): void {
    const limit = (at: number, size: number): number => Math.min(size, Math.max(0, at));
    this.centre = [limit(this.centre[0] - x / this.scale[0], this.plane.across.size), limit(this.centre[1] - y / this.scale[1], this.plane.down.size)];
  }

  /** Brings a place into the middle. */
  centreOn(column: number, row: number): void {
    this.centre = [column, row];
  }
}
