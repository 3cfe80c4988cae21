/** Centres: linear interpolation at the centres of coarser voxels of a grid that starts at the same corner. */

import { clamp } from "../../affine";
import { count } from "../../arrays";
import type { Field, Shape } from "../../types";

/** What lies beyond the outermost voxels: their values, or 0. */
export type Beyond = "nearest" | "zero";

/** Where to look along one axis: for each centre, the voxels on both sides, and the weight of the upper one. */
interface Places {
  /** -1 where there is nothing to interpolate. */
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  readonly weight: Float64Array;
}

/** Interpolates an array at the centres of voxels that are `spacing` times as long. */
export function atCentres(field: Field, shape: Shape, spacing: number, beyond: Beyond): Float32Array {
  const along = (axis: 0 | 1 | 2): Places => placesAlong(field.shape[axis], shape[axis], spacing, beyond);
  const axes = [along(0), along(1), along(2)] as const;
  const result = new Float32Array(count(shape));
  for (let k = 0, index = 0; k < shape[2]; k += 1)
    for (let j = 0; j < shape[1]; j += 1)
      for (let i = 0; i < shape[0]; i += 1, index += 1) result[index] = interpolated(field, axes, [i, j, k]);
  return result;
}

function placesAlong(size: number, number: number, spacing: number, beyond: Beyond): Places {
  const places = { lower: new Int32Array(number), upper: new Int32Array(number), weight: new Float64Array(number) };
  for (let index = 0; index < number; index += 1) {
    const exact = spacing * index + (spacing - 1) / 2;
    const place = clamp(exact, 0, size - 1);
    const lower = Math.floor(place);
    places.lower[index] = beyond === "zero" && place !== exact ? -1 : lower;
    places.upper[index] = Math.min(lower + 1, size - 1);
    places.weight[index] = place - lower;
  }
  return places;
}

function interpolated({ values, shape }: Field, [x, y, z]: readonly [Places, Places, Places], [i, j, k]: Shape): number {
  const [left, right, weight] = [x.lower[i]!, x.upper[i]!, x.weight[i]!];
  if (left < 0 || y.lower[j]! < 0 || z.lower[k]! < 0) return 0;
  const alongX = (row: number): number => mixed(values[row + left]!, values[row + right]!, weight);
  const inPlane = (plane: number): number =>
    mixed(alongX(shape[0] * (y.lower[j]! + plane)), alongX(shape[0] * (y.upper[j]! + plane)), y.weight[j]!);
  return mixed(inPlane(shape[1] * z.lower[k]!), inPlane(shape[1] * z.upper[k]!), z.weight[k]!);
}

function mixed(low: number, high: number, weight: number): number {
  return low * (1 - weight) + high * weight;
}
