/** The viewer without WebGL: three slices on canvases, each with a slider. */

import { element } from "../../shared/dom";
import { voxelIndex, type Image } from "./nifti";

const PLANES = ["Sagittal", "Coronal", "Axial"] as const;
const MASK_COLOUR = [255, 60, 40] as const;
const OPACITY = 0.35;

/** Makes the three slices with their sliders. */
export function canvasViewer(scan: Image, mask: Image): HTMLElement {
  return element("div", { class: "canvases" }, ...PLANES.map((plane, axis) => sliceOf(scan, mask, plane, axis)));
}

function sliceOf(scan: Image, mask: Image, plane: string, axis: number): HTMLElement {
  const length = scan.shape[axis] ?? 1;
  const slider = element("input", { type: "range", min: 0, max: length - 1, value: Math.floor(length / 2), "aria-label": `${plane} slice` });
  const canvas = element("canvas", { role: "img", "aria-label": `${plane} slice with the mask` });
  const draw = (): void => drawSlice(canvas, scan, mask, axis, Number(slider.value));
  slider.addEventListener("input", draw);
  draw();
  return element("figure", {}, canvas, slider);
}

/** Draws a slice in radiological convention: the patient's right on the left, the upper or front end at the top. */
export function drawSlice(canvas: HTMLCanvasElement, scan: Image, mask: Image, axis: number, index: number): void {
  const [across, up] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
  const width = scan.shape[across] ?? 1;
  const height = scan.shape[up] ?? 1;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return;
  const picture = context.createImageData(width, height);
  const place: [number, number, number] = [0, 0, 0];
  place[axis] = index;
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      place[across] = axis === 0 ? column : width - 1 - column;
      place[up] = height - 1 - row;
      paint(picture.data, 4 * (row * width + column), scan, mask, voxelIndex(scan, ...place));
    }
  }
  context.putImageData(picture, 0, 0);
}

function paint(pixels: Uint8ClampedArray, pixel: number, scan: Image, mask: Image, voxel: number): void {
  const grey = scan.data[voxel] ?? 0;
  const opacity = mask.data[voxel] ? OPACITY : 0;
  MASK_COLOUR.forEach((colour, channel) => (pixels[pixel + channel] = grey * (1 - opacity) + colour * opacity));
  pixels[pixel + 3] = 255;
}
