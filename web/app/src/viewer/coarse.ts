/** Coarse: the scan and the body in voxels few enough for a 3-D picture. */

import type { Affine, Triple } from "./grid";
import type { Scene } from "./scene";
import { greyOf } from "./slice_picture";

export interface Coarse {
  readonly shape: Triple;
  readonly affine: Affine;
  readonly scan: Uint8Array;
  readonly mask: Uint8Array;
}

/** Takes every voxel, or every second or third, so that no axis has more than `most`. */
export function coarsen(scene: Scene, most: number): Coarse {
  const { image: { grid }, body } = scene;
  const step = Math.ceil(Math.max(...grid.shape) / most);
  const shape = grid.shape.map((size) => Math.ceil(size / step)) as Triple;
  const affine = grid.affine.map((row) => row.map((value, axis) => (axis < 3 ? value * step : value)));
  const n = shape[0] * shape[1] * shape[2];
  const [scan, mask] = [new Uint8Array(n), new Uint8Array(n)];
  const grey = greyOf(scene.image, scene.view);
  const [nx, ny] = grid.shape;
  let at = 0;
  for (let z = 0; z < grid.shape[2]; z += step) {
    for (let y = 0; y < ny; y += step) {
      for (let x = 0; x < nx; x += step, at += 1) {
        const voxel = x + nx * (y + ny * z);
        scan[at] = grey(voxel);
        mask[at] = body.isInside(voxel) ? 1 : 0;
      }
    }
  }
  return { shape, affine, scan, mask };
}

