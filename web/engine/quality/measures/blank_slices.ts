/** Blank slices: how much of the mask is missing between slices, and how much of its edge lies beside blank ones. */

import { AXES, voxelSizes } from "../../affine";
import { othersOf, strides } from "../../arrays";
import type { Evidence, Shape, Volume } from "../../types";
import type { Measures } from "../trees";

/** Measures `gap` and `blank_contact`, of a mask whose edge has an area in square mm. */
export function blankSliceMeasures({ scan, mask }: Evidence, area: number): Measures {
  let [gap, beside] = [0, 0];
  const allCounts = countSlices(mask, scan.shape);
  for (const axis of AXES) {
    const counts = allCounts[axis]!;
    const held = [...counts.keys()].filter((index) => counts[index]);
    if (!held.length) continue;
    const [first, last] = [held[0]!, held[held.length - 1]!];
    gap = Math.max(gap, 1 - held.length / (last - first + 1));
    const nBeside = (isBlank(scan, axis, first - 1) ? counts[first]! : 0) + (isBlank(scan, axis, last + 1) ? counts[last]! : 0);
    beside += nBeside * faceOf(scan, axis);
  }
  return { gap, blank_contact: beside / Math.max(area, 1) };
}

/** The number of voxels of a mask in each slice across each axis. */
function countSlices(mask: Uint8Array, [nx, ny, nz]: Shape): Float64Array[] {
  const [alongX, alongY, alongZ] = [new Float64Array(nx), new Float64Array(ny), new Float64Array(nz)];
  for (let z = 0, voxel = 0; z < nz; z += 1) {
    for (let y = 0; y < ny; y += 1) {
      for (let x = 0; x < nx; x += 1, voxel += 1) {
        if (!mask[voxel]) continue;
        alongX[x]! += 1;
        alongY[y]! += 1;
        alongZ[z]! += 1;
      }
    }
  }
  return [alongX, alongY, alongZ];
}

/** The area of a voxel's face across an axis, in square mm. */
function faceOf({ affine }: Volume, axis: number): number {
  const [u, v] = othersOf(axis);
  return voxelSizes(affine)[u]! * voxelSizes(affine)[v]!;
}

/** Whether the scan has a slice at an index, and every second voxel of it along both axes has the same value. */
function isBlank({ values, shape }: Volume, axis: number, index: number): boolean {
  if (index < 0 || index >= shape[axis]!) return false;
  const steps = strides(shape);
  const [u, v] = othersOf(axis);
  const start = index * steps[axis]!;
  for (let j = 0; j < shape[v]!; j += 2) {
    for (let i = 0; i < shape[u]!; i += 2) {
      if (values[start + i * steps[u]! + j * steps[v]!] !== values[start]) return false;
    }
  }
  return true;
}
