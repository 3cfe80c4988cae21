/** Grid: the voxels of a volume, and which way its axes point. The first axis runs fastest through the data. */

export type Triple = [number, number, number];
export type Affine = readonly (readonly number[])[];

export interface Grid {
  readonly shape: Readonly<Triple>;
  /** Size of a voxel along each axis, in mm. */
  readonly voxelMm: Readonly<Triple>;
  /** Three rows of four numbers, from voxels to mm towards right, front and top. */
  readonly affine: Affine;
  /** For right, front and top: the axis of the voxels that follows it most, and whether it runs the other way. */
  readonly axes: readonly { readonly axis: number; readonly isFlipped: boolean }[];
}

export function makeGrid(shape: Triple, affine: Affine): Grid {
  const sizes = [0, 1, 2].map((axis) => Math.hypot(...column(affine, axis)) || 1) as Triple;
  return { shape, affine, voxelMm: sizes, axes: worldAxes(affine, sizes) };
}

export function nVoxels(grid: Grid): number {
  return grid.shape[0] * grid.shape[1] * grid.shape[2];
}

/** Volume of a voxel in ml; of sheared axes, too. */
export function voxelMl(grid: Grid): number {
  const [a, b, c] = [0, 1, 2].map((axis) => column(grid.affine, axis)) as [Triple, Triple, Triple];
  const determinant = a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1]);
  return Math.abs(determinant) / 1000;
}

/** Distance of each axis's neighbours in the data. */
export function strides(grid: Grid): Triple {
  return [1, grid.shape[0], grid.shape[0] * grid.shape[1]];
}

export function indexOf(grid: Grid, [x, y, z]: Readonly<Triple>): number {
  return x + grid.shape[0] * (y + grid.shape[1] * z);
}

export function toWorld(grid: Grid, voxel: Readonly<Triple>): Triple {
  return grid.affine.map((row) => voxel.reduce((sum, place, axis) => sum + place * (row[axis] ?? 0), row[3] ?? 0)) as Triple;
}

function column(affine: Affine, axis: number): Triple {
  return affine.slice(0, 3).map((row) => row[axis] ?? 0) as Triple;
}

/** Pairs axes of the world with axes of the voxels, those that agree best first. */
function worldAxes(affine: Affine, sizes: Triple): Grid["axes"] {
  const pairs = [0, 1, 2].flatMap((world) => [0, 1, 2].map((axis) => ({ world, axis, cosine: (affine[world]?.[axis] ?? 0) / (sizes[axis] ?? 1) })));
  pairs.sort((one, two) => Math.abs(two.cosine) - Math.abs(one.cosine));
  const found = new Map<number, { axis: number; isFlipped: boolean }>();
  for (const { world, axis, cosine } of pairs) {
    const isTaken = found.has(world) || [...found.values()].some((other) => other.axis === axis);
    if (!isTaken) found.set(world, { axis, isFlipped: cosine < 0 });
  }
  return [0, 1, 2].map((world) => found.get(world) ?? { axis: world, isFlipped: false });
}
