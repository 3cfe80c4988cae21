/** Overlay: what is drawn over a slice: crosshair, letters, scale, the brush and the line of the swipe. */

import type { Frame } from "./frame";
import { EDGES, type Plane } from "./plane";

const CROSSHAIR = "rgb(88 182 240 / 65%)";
const TEXT = "#c9d4df";
const GAP = 9;
const SCALE_MM = [100, 50, 20, 10, 5, 2, 1];

export type Context = CanvasRenderingContext2D;

export function drawCrosshair(context: Context, frame: Frame, pixel: [number, number], ratio: number): void {
  const [x, y] = frame.toCanvas(pixel[0] + 0.5, pixel[1] + 0.5);
  const { width, height } = context.canvas;
  const gap = GAP * ratio;
  stroke(context, CROSSHAIR, ratio, [[0, y, x - gap, y], [x + gap, y, width, y], [x, 0, x, y - gap], [x, y + gap, x, height]]);
}

/** Letters for the directions, the name of the plane, the slice, and a scale. */
export function drawTexts(context: Context, frame: Frame, plane: Plane, place: string, ratio: number): void {
  const { width, height } = context.canvas;
  const [left, right, upper, lower] = EDGES[plane.world];
  context.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  const edge = 12 * ratio;
  text(context, left, edge, height / 2, "center");
  text(context, right, width - edge, height / 2, "center");
  text(context, upper, width / 2, edge, "center");
  text(context, lower, width / 2, height - edge, "center");
  context.font = `${11.5 * ratio}px system-ui, sans-serif`;
  text(context, place, 10 * ratio, edge, "left");
  drawScale(context, frame, ratio);
}

export function drawBrush(context: Context, frame: Frame, at: [number, number], radiusMm: number, ratio: number): void {
  const [x, y] = frame.toCanvas(...at);
  const radius = Math.max(radiusMm * frame.pixelsPerMm, 2 * ratio);
  for (const [colour, width] of [["rgb(0 0 0 / 60%)", 3], ["#fff", 1.2]] as const) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = width * ratio;
    context.stroke();
  }
}

/** The line of an outline, which is closed when the button is let go. */
export function drawLine(context: Context, frame: Frame, places: readonly (readonly [number, number])[], ratio: number): void {
  for (const [colour, width] of [["rgb(0 0 0 / 60%)", 3], ["#fff", 1.2]] as const) {
    context.beginPath();
    for (const place of places) context.lineTo(...frame.toCanvas(...place));
    context.strokeStyle = colour;
    context.lineWidth = width * ratio;
    context.stroke();
  }
}

export function drawSwipe(context: Context, x: number, ratio: number): void {
  const { height } = context.canvas;
  stroke(context, "#fff", 1.5 * ratio, [[x, 0, x, height]]);
  context.beginPath();
  context.arc(x, height - 34 * ratio, 9 * ratio, 0, 2 * Math.PI);
  context.fillStyle = "#fff";
  context.fill();
  context.font = `700 ${11 * ratio}px system-ui, sans-serif`;
  context.fillStyle = "#10161d";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText("◂▸", x, height - 34 * ratio);
}

/** A bar in the lower right corner whose length is a round number of mm. */
function drawScale(context: Context, frame: Frame, ratio: number): void {
  const { width, height } = context.canvas;
  const mm = SCALE_MM.find((length) => length * frame.pixelsPerMm < width / 4) ?? 1;
  const [x, y, length] = [width - 12 * ratio, height - 14 * ratio, mm * frame.pixelsPerMm];
  stroke(context, TEXT, 2 * ratio, [[x - length, y, x, y]]);
  text(context, mm >= 10 ? `${mm / 10} cm` : `${mm} mm`, x, y - 11 * ratio, "right");
}

function text(context: Context, words: string, x: number, y: number, align: CanvasTextAlign): void {
  context.textAlign = align;
  context.textBaseline = "middle";
  context.lineWidth = 3;
  context.strokeStyle = "rgb(0 0 0 / 75%)";
  context.strokeText(words, x, y);
  context.fillStyle = TEXT;
  context.fillText(words, x, y);
}

function stroke(context: Context, colour: string, width: number, lines: readonly (readonly [number, number, number, number])[]): void {
  context.beginPath();
  for (const [x, y, toX, toY] of lines) {
    context.moveTo(x, y);
    context.lineTo(toX, toY);
  }
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}
