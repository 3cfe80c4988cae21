/** Evidence: what the quality of a mask is judged by, on the grid of the network's answer, and what follows from it. */

import { vector, voxelSizes, type Box, type Vector } from "../affine";
import { boxShape, cut, wholeBox } from "../arrays";
import { boundsOf, clippedBox } from "../boxes";
import { where } from "../masking";
import type { Evidence, Shape } from "../types";

/** What lies farther from the mask than this, in mm, does not bear on it. */
const MARGIN_MM = 24;

/** The part of the grid around the mask. */
export interface Surroundings {
  readonly shape: Shape;
  /** Signed distance in mm to the mask's edge, negative inside. */
  readonly depth: Float32Array;
  readonly image: Float32Array;
  /** 1 where the scan has voxels. */
  readonly seen: Uint8Array;
  /** The mask on the grid, where the scan has voxels. */
  readonly inside: Uint8Array;
}

export class MaskEvidence {
  /** Signed distance in mm to the mask's edge, negative inside. */
  readonly depth: Float32Array;
  /** The mask on the grid, where the scan has voxels. */
  readonly inside: Uint8Array;
  /** Edges of the grid's voxels in mm: 32-bit floats, as in Python, so that numbers of voxels are rounded alike. */
  readonly spacing: Vector;
  /** Box of the mask; undefined if it is empty. */
  readonly bounds: Box | undefined;
  /** What lies in the box of the mask and around it. */
  readonly around: Surroundings;

  constructor(readonly given: Evidence) {
    const { shape, affine, distance, fieldOfView, image } = given;
    const border = Math.fround(given.border);
    this.depth = distance.map((value) => value - border);
    this.inside = where(this.depth.length, (voxel) => this.depth[voxel]! < 0 && fieldOfView[voxel] === 1);
    this.spacing = vector((axis) => Math.fround(voxelSizes(affine)[axis]!));
    this.bounds = boundsOf(this.inside, shape);
    const box = this.bounds ? this.widened(this.bounds) : wholeBox(shape);
    this.around = {
      shape: boxShape(box),
      depth: cut(this.depth, shape, box),
      image: cut(image, shape, box),
      seen: cut(fieldOfView, shape, box),
      inside: cut(this.inside, shape, box),
    };
  }

  get isEmpty(): boolean {
    return this.bounds === undefined;
  }

  private widened(bounds: Box): Box {
    return clippedBox(this.given.shape, (axis) => {
      const margin = Math.ceil(Math.fround(MARGIN_MM / this.spacing[axis]));
      return [bounds[axis][0] - margin, bounds[axis][1] + margin];
    });
  }
}
