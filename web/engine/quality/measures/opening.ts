/** Opening: a mask without what is thinner than three voxels. */

import { strides } from "../../arrays";
import { voxelsInside } from "../../masking";
import type { Shape } from "../../types";

/** The number of voxels of a mask after an erosion and a dilation by faces; nothing lies beyond the array. */
export function nVoxelsOpened(mask: Uint8Array, shape: Shape): number {
  const steps = strides(shape);
  const opened = new Uint8Array(mask.length);
  for (let voxel = 0; voxel < mask.length; voxel += 1) {
    if (!mask[voxel] || !isCore(mask, shape, voxel)) continue;
    opened[voxel] = 1;
    for (const step of steps) opened[voxel - step] = opened[voxel + step] = 1;
  }
  return voxelsInside(opened);
}

/** Whether all neighbours of a voxel by faces are in the mask. */
function isCore(mask: Uint8Array, shape: Shape, voxel: number): boolean {
  return strides(shape).every((step, axis) => {
    const index = Math.floor(voxel / step) % shape[axis]!;
    return index > 0 && index < shape[axis]! - 1 && mask[voxel - step] && mask[voxel + step];
  });
}
