/** Slice picture: one slice as pixels, with the mask as a tint and the edit in colours of its own. */

import { ADDED, REMOVED, type Body } from "./body";
import type { Image } from "./nifti";
import type { Plane } from "./plane";
import type { View } from "./view";

type Colour = readonly [number, number, number];
const MASK: Colour = [255, 90, 64];
const ADDITION: Colour = [70, 200, 120];
const REMOVAL: Colour = [190, 130, 255];
/** Least opacity of edited voxels, so that they show without the tint, too. */
const EDIT_OPACITY = 0.45;

/** Draws the scan with the mask, or the brain alone, on a canvas with a pixel for each voxel. */
export function drawPicture(
  canvas: HTMLCanvasElement, image: Image, body: Body, plane: Plane, slice: number, view: View, isBrainAlone: boolean,
): void {
  const [width, height] = [plane.across.size, plane.down.size];
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return;
  const picture = context.createImageData(width, height);
  const { first, perColumn, perRow } = plane.steps(slice);
  const grey = greyOf(image, view);
  const paint = isBrainAlone ? paintBrain : paintScan;
  let pixel = 0;
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1, pixel += 4) {
      const voxel = first + column * perColumn + row * perRow;
      paint(picture.data, pixel, grey(voxel), body, voxel, view.now.opacity);
      picture.data[pixel + 3] = 255;
    }
  }
  context.putImageData(picture, 0, 0);
}

/** Makes a function from a voxel to its grey value on the screen. */
export function greyOf(image: Image, view: View): (voxel: number) => number {
  const { black, white } = view.now;
  const factor = 255 / Math.max(white - black, 1e-9);
  const { data, slope, inter } = image;
  return (voxel) => Math.min(255, Math.max(0, ((data[voxel] as number) * slope + inter - black) * factor)) || 0;
}

function paintBrain(pixels: Uint8ClampedArray, pixel: number, grey: number, body: Body, voxel: number): void {
  pixels.fill(body.isInside(voxel) ? grey : 0, pixel, pixel + 3);
}

function paintScan(pixels: Uint8ClampedArray, pixel: number, grey: number, body: Body, voxel: number, opacity: number): void {
  const edit = body.edit[voxel];
  if (edit === ADDED) return mix(pixels, pixel, grey, ADDITION, Math.max(opacity, EDIT_OPACITY));
  if (edit === REMOVED) return mix(pixels, pixel, grey, REMOVAL, Math.max(opacity, EDIT_OPACITY));
  mix(pixels, pixel, grey, MASK, body.isBase(voxel) ? opacity : 0);
}

function mix(pixels: Uint8ClampedArray, pixel: number, grey: number, colour: Colour, opacity: number): void {
  pixels[pixel] = grey * (1 - opacity) + colour[0] * opacity;
  pixels[pixel + 1] = grey * (1 - opacity) + colour[1] * opacity;
  pixels[pixel + 2] = grey * (1 - opacity) + colour[2] * opacity;
}
