/** Plane: which voxel each pixel of a sagittal, coronal or axial slice shows, in radiological convention. */

import { strides, type Grid, type Triple } from "./grid";

export const PLANE_NAMES = ["Sagittal", "Coronal", "Axial"] as const;
/** Letters at the left, right, upper and lower edge of each plane. */
export const EDGES = [["P", "A", "S", "I"], ["R", "L", "S", "I"], ["R", "L", "A", "P"]] as const;

/** An axis of the picture: an axis of the voxels, and whether it runs the other way. */
interface Side {
  axis: number;
  isReversed: boolean;
  size: number;
  mm: number;
  stride: number;
}

export class Plane {
  readonly across: Side;
  readonly down: Side;
  readonly through: Side;

  /** `world` is the axis of the world that the slices stand on: 0 sagittal, 1 coronal, 2 axial. */
  constructor(grid: Grid, readonly world: 0 | 1 | 2) {
    // The patient's right is at the left of the picture; the nose of a sagittal slice looks to the right.
    this.across = side(grid, world === 0 ? 1 : 0, world !== 0);
    this.down = side(grid, world === 2 ? 1 : 2, true);
    this.through = side(grid, world, false);
  }

  get name(): string {
    return PLANE_NAMES[this.world];
  }

  /** The slice that a voxel lies in, counted from the left, back or bottom. */
  sliceOf(voxel: Readonly<Triple>): number {
    return place(this.through, voxel);
  }

  /** Pixel that shows a voxel. */
  pixelOf(voxel: Readonly<Triple>): [column: number, row: number] {
    return [place(this.across, voxel), place(this.down, voxel)];
  }

  voxelOf(column: number, row: number, slice: number): Triple {
    const voxel: Triple = [0, 0, 0];
    for (const [side, at] of [[this.across, column], [this.down, row], [this.through, slice]] as const) {
      voxel[side.axis] = side.isReversed ? side.size - 1 - at : at;
    }
    return voxel;
  }

  /** Index in the data of the first pixel of a slice, and the steps from pixel to pixel. */
  steps(slice: number): { first: number; perColumn: number; perRow: number } {
    const first = start(this.across) + start(this.down) + start(this.through) + slice * step(this.through);
    return { first, perColumn: step(this.across), perRow: step(this.down) };
  }
}

function side(grid: Grid, world: number, isReversed: boolean): Side {
  const { axis, isFlipped } = grid.axes[world] ?? { axis: world, isFlipped: false };
  return {
    axis, isReversed: isReversed !== isFlipped, size: grid.shape[axis] ?? 1, mm: grid.voxelMm[axis] ?? 1, stride: strides(grid)[axis] ?? 1,
  };
}

function place(side: Side, voxel: Readonly<Triple>): number {
  const at = voxel[side.axis] ?? 0;
  return side.isReversed ? side.size - 1 - at : at;
}

function start(side: Side): number {
  return side.isReversed ? (side.size - 1) * side.stride : 0;
}

function step(side: Side): number {
  return side.isReversed ? -side.stride : side.stride;
}
