/** Islands: parts of a mask apart from its largest one, which deskull leaves out. Parts hang together by the faces of voxels. */

import type { Grid } from "./grid";

/** Finds the voxels of a mask that are not in its largest part, as bytes; undefined if there are none. */
export function findIslands(grid: Grid, isInside: (voxel: number) => boolean): Uint8Array | undefined {
  const [nx, ny, nz] = grid.shape;
  const n = nx * ny * nz;
  const labels = new Int32Array(n);
  const waiting = new Int32Array(n);
  const sizes = [0];
  for (let start = 0; start < n; start += 1) {
    if (labels[start] || !isInside(start)) continue;
    sizes.push(labelPart(grid.shape, labels, waiting, start, sizes.length, isInside));
  }
  if (sizes.length < 3) return undefined;
  const largest = sizes.reduce((best, size, label) => (size > (sizes[best] ?? 0) ? label : best), 0);
  return Uint8Array.from(labels, (label) => (label && label !== largest ? 1 : 0));
}

/** Gives all voxels of a part a label; returns their number. `waiting` is a place to work in. */
function labelPart(
  [nx, ny, nz]: Grid["shape"], labels: Int32Array, waiting: Int32Array, start: number, label: number, isInside: (voxel: number) => boolean,
): number {
  let [first, last] = [0, 0];
  const visit = (voxel: number): void => {
    if (labels[voxel] || !isInside(voxel)) return;
    labels[voxel] = label;
    waiting[last++] = voxel;
  };
  visit(start);
  while (first < last) {
    const voxel = waiting[first++] as number;
    const x = voxel % nx;
    const y = Math.floor(voxel / nx) % ny;
    if (x > 0) visit(voxel - 1);
    if (x < nx - 1) visit(voxel + 1);
    if (y > 0) visit(voxel - nx);
    if (y < ny - 1) visit(voxel + nx);
    if (voxel >= nx * ny) visit(voxel - nx * ny);
    if (voxel < nx * ny * (nz - 1)) visit(voxel + nx * ny);
  }
  return last;
}
