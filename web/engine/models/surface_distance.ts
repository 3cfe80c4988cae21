/** Surface distance: what a network predicted, carried to the voxels of the scan; a port of `models/surface_distance.py`. */

import { AXES } from "../affine";
import { boxShape } from "../arrays";
import { maskFromDistance } from "../masking";
import { embed, type Coverage } from "../preprocessing/coverage";
import { emptyCorners } from "../preprocessing/empty_corners";
import { toNative } from "../preprocessing/grid";
import { strides } from "../arrays";
import type { Affine, Field, Shape, Volume } from "../types";

/** Where a distance on the network's grid is carried to. */
export interface Destination {
  /** The part of the scan in which something was scanned. */
  readonly part: Volume;
  /** Where in the scan that part lies. */
  readonly coverage: Coverage;
  /** Of the scan. */
  readonly shape: Shape;
  /** Distance in mm where nothing was scanned, and far from the surface. */
  readonly far: number;
}

/** The signed distance in mm on the voxels of the scan; the mask is where it is smaller than the border. */
export function distanceOnScan(onGrid: Field, grid: Affine, border: number, destination: Destination): Float32Array {
  const { part, coverage, shape, far } = destination;
  const distance = toNative(onGrid, grid, part, far);
  const found = emptyCorners(maskFromDistance(distance, border), part);
  if (found) {
    const [nx, ny, nz] = boxShape(found.box);
    const step = strides(part.shape);
    const start = AXES.reduce((sum, axis) => sum + found.box[axis]![0] * step[axis]!, 0);
    for (let z = 0, i = 0; z < nz; z++)
      for (let y = 0; y < ny; y++)
        for (let x = 0; x < nx; x++, i++) if (found.empty[i]) distance[start + x + y * step[1] + z * step[2]] = far;
  }
  return embed(coverage, distance, shape, far);
}
