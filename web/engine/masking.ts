/** Masks: from a signed distance to a mask; largest component and holes; a port of `deskull.masking`. */

import { AXES } from "./affine";
import { strides } from "./arrays";
import type { Field, Shape } from "./types";

/** Parts that are removed, and cavities that are filled, are set to this distance in mm from the border. */
const CLEANED_MM = 1;

/** Face-connected components, numbered from 1; 0 elsewhere. */
export interface Labels {
  readonly labels: Int32Array;
  /** Number of voxels of each component; that of number 0 is 0. */
  readonly sizes: readonly number[];
}

/** Numbers the face-connected components of a mask. */
export function label(mask: Uint8Array, shape: Shape): Labels {
  const labels = new Int32Array(mask.length);
  const stack = new Int32Array(mask.length);
  const sizes = [0];
  for (let start = 0; start < mask.length; start++)
    if (mask[start] && !labels[start]) sizes.push(fill(mask, shape, labels, stack, start, sizes.length));
  return { labels, sizes };
}

/** Labels the component of a voxel; returns its size. */
function fill(mask: Uint8Array, shape: Shape, labels: Int32Array, stack: Int32Array, start: number, number: number): number {
  const [nx, ny, nz] = shape;
  const [, sy, sz] = strides(shape);
  let [size, top] = [0, 0];
  const visit = (place: number): void => {
    if (!mask[place] || labels[place]) return;
    labels[place] = number;
    stack[top++] = place;
  };
  visit(start);
  while (top) {
    const place = stack[--top]!;
    size++;
    const x = place % nx;
    const z = Math.floor(place / sz);
    const y = (place - x - z * sz) / sy;
    if (x > 0) visit(place - 1);
    if (x < nx - 1) visit(place + 1);
    if (y > 0) visit(place - sy);
    if (y < ny - 1) visit(place + sy);
    if (z > 0) visit(place - sz);
    if (z < nz - 1) visit(place + sz);
  }
  return size;
}

/** The largest face-connected component of a mask; an empty mask as it is. */
export function largestComponent(mask: Uint8Array, shape: Shape): Uint8Array {
  const { labels, sizes } = label(mask, shape);
  if (sizes.length < 3) return mask;
  const largest = sizes.indexOf(Math.max(...sizes));
  return where(mask.length, (place) => labels[place] === largest);
}

/** Fills the cavities of a mask that do not reach the border of the array. */
export function fillHoles(mask: Uint8Array, shape: Shape): Uint8Array {
  const { labels, sizes } = label(where(mask.length, (place) => !mask[place]), shape);
  if (sizes.length < 3) return mask;
  const outside = new Set<number>();
  const [, ...steps] = strides(shape);
  for (let place = 0; place < mask.length; place++) {
    const index = [place % shape[0], Math.floor(place / steps[0]!) % shape[1], Math.floor(place / steps[1]!)];
    if (labels[place] && AXES.some((axis) => index[axis] === 0 || index[axis] === shape[axis]! - 1)) outside.add(labels[place]!);
  }
  return where(mask.length, (place) => !outside.has(labels[place]!));
}

/** The mask, 1 inside, of the voxels whose signed distance is smaller than `border` mm. */
export function maskFromDistance(distance: Float32Array, border: number): Uint8Array {
  const limit = Math.fround(border);
  const mask = new Uint8Array(distance.length);
  for (let i = 0; i < mask.length; i++) if (distance[i]! < limit) mask[i] = 1;
  return mask;
}

/** Number of voxels inside a mask. */
export function voxelsInside(mask: Uint8Array): number {
  let inside = 0;
  for (let i = 0; i < mask.length; i++) inside += mask[i]!;
  return inside;
}

/**
 * Removes all but the largest component of the mask that a distance describes, and fills its cavities.
 *
 * What a network predicts outside the field of view means nothing: a component that lies there is never the largest.
 */
export function keepLargest(distance: Field, border: number, far: number, fieldOfView: Uint8Array): Float32Array {
  const { shape } = distance;
  const inside = maskFromDistance(distance.values, border);
  const largest = largestComponent(where(inside.length, (place) => inside[place]! && fieldOfView[place]!), shape);
  const filled = fillHoles(largest, shape);
  const cleaned = distance.values.slice();
  const removed = Math.min(far, border + CLEANED_MM);
  for (let place = 0; place < cleaned.length; place++) {
    // The component's continuation beyond the field of view stays: interpolation at the edge needs both neighbours.
    const isKept = largest[place] || (!fieldOfView[place] && touches(largest, shape, place));
    if (inside[place] && !isKept) cleaned[place] = removed;
    if (filled[place] && !largest[place]) cleaned[place] = border - CLEANED_MM;
  }
  return cleaned;
}

/** Whether a voxel has a face neighbour in a mask. */
function touches(mask: Uint8Array, shape: Shape, place: number): boolean {
  const [nx, ny, nz] = shape;
  const [, sy, sz] = strides(shape);
  const x = place % nx;
  const y = Math.floor(place / sy) % ny;
  const z = Math.floor(place / sz);
  return Boolean(
    (x > 0 && mask[place - 1]) ||
      (x < nx - 1 && mask[place + 1]) ||
      (y > 0 && mask[place - sy]) ||
      (y < ny - 1 && mask[place + sy]) ||
      (z > 0 && mask[place - sz]) ||
      (z < nz - 1 && mask[place + sz]),
  );
}

/** 1 at the places for which a test holds. */
export function where(length: number, test: (place: number) => unknown): Uint8Array {
  const mask = new Uint8Array(length);
  for (let place = 0; place < length; place++) if (test(place)) mask[place] = 1;
  return mask;
}
