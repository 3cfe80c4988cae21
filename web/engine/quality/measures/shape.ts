/**
 * Shape: how well the mask fits the mean shape of a brain, after an affine alignment.
 * `deskull.quality.measures.shape` says what each measure is.
 */

import { AXES, applyMatrix, roundHalfEven, vector } from "../../affine";
import { voxelsInside } from "../../masking";
import type { MaskEvidence } from "../evidence";
import { sum } from "../statistics";
import type { Measures } from "../trees";
import { bestTurn, TURNS } from "../turns";
import { decompose, type Matrix3 } from "./symmetric";

/** About this number of voxels of a mask is compared. */
const N_POINTS = 20_000;
/** Smaller masks, in voxels, are not compared, nor those whose variance along an axis is smaller than this, in square mm. */
const [FEWEST_VOXELS, SMALLEST_VARIANCE] = [100, 1e-3];
/** A turn of the axes fits clearly better if it raises the mean probability by more than this. */
export const CLEAR_GAIN = 0.03;
const NOTHING = {
  shape_fit: NaN, turned_fit: NaN, best_turn: NaN, width_mm: NaN, length_mm: NaN, height_mm: NaN, tilt: NaN,
};

/** The mean of aligned brains. */
export class MeanShape {
  /**
   * @param probability Fraction of the brains that a voxel lies in; the last index runs fastest.
   * @param size Number of voxels along each axis.
   * @param spacing Edge of a voxel, in standard deviations of the voxels of a brain along an axis.
   */
  constructor(private readonly probability: Float32Array, private readonly size: number, private readonly spacing: number) {}

  /**
   * The mean probability at points in standard deviations from the middle, for each of `TURNS` of their axes.
   *
   * @param points Their coordinates, one list for each axis.
   */
  fits(points: readonly Float32Array[]): number[] {
    const upright = points.map((coordinates) => this.voxels(coordinates, 1));
    const reversed = points.map((coordinates) => this.voxels(coordinates, -1));
    const along = (axis: number, sign: number): Int32Array => (sign > 0 ? upright : reversed)[axis]!;
    return TURNS.map(({ order: [a, b, c], signs: [x, y, z] }) => this.fit(along(a!, x!), along(b!, y!), along(c!, z!)));
  }

  private fit(x: Int32Array, y: Int32Array, z: Int32Array): number {
    let total = 0;
    for (let point = 0; point < x.length; point += 1) {
      const [first, second, third] = [x[point]!, y[point]!, z[point]!];
      if (first >= 0 && second >= 0 && third >= 0) total += this.probability[(first * this.size + second) * this.size + third]!;
    }
    return total / x.length;
  }

  /** The index of the voxel that each coordinate lies in, -1 for none; rounded as in Python. */
  private voxels(coordinates: Float32Array, sign: number): Int32Array {
    const [spacing, voxels] = [Math.fround(this.spacing), new Int32Array(coordinates.length)];
    for (let point = 0; point < voxels.length; point += 1) {
      const index = roundHalfEven(Math.fround((sign * coordinates[point]!) / spacing) + (this.size - 1) / 2);
      voxels[point] = index < 0 || index >= this.size ? -1 : index;
    }
    return voxels;
  }
}

export function shapeMeasures(evidence: MaskEvidence, shape: MeanShape): Measures {
  const places = sampledPlaces(evidence);
  if (!places) return NOTHING;
  const moments = covariance(places);
  const { values, vectors } = decompose(moments);
  if (Math.min(...values) < SMALLEST_VARIANCE) return NOTHING;
  const points = whitened(places, values, vectors);
  const fits = shape.fits(points);
  const gain = Math.max(...fits) - fits[0]!;
  const [x, y, z] = vector((axis) => Math.sqrt(moments[axis]![axis]!));
  const [, xy, xz] = moments[0];
  return {
    shape_fit: fits[0]!,
    turned_fit: gain,
    best_turn: gain > CLEAR_GAIN ? bestTurn(fits, [4 * x, 4 * y, 4 * z]) : 0,
    width_mm: 4 * x,
    length_mm: 4 * y,
    height_mm: 4 * z,
    tilt: Math.max(Math.abs(xy! / (x * y)), Math.abs(xz! / (x * z)), Math.abs(moments[1][2]! / (y * z))),
  };
}

/** Coordinates of voxels of the mask in mm from their middle: of every n-th, where the last index runs fastest. */
function sampledPlaces({ given: { shape, affine }, inside }: MaskEvidence): Float64Array[] | undefined {
  const number = voxelsInside(inside);
  if (number < FEWEST_VOXELS) return undefined;
  const step = Math.max(1, Math.floor(number / N_POINTS));
  const places = AXES.map(() => new Float64Array(Math.ceil(number / step)));
  let passed = 0;
  for (let x = 0; x < shape[0]; x += 1) {
    for (let y = 0; y < shape[1]; y += 1) {
      for (let z = 0; z < shape[2]; z += 1) {
        if (!inside[x + shape[0] * (y + shape[1] * z)]) continue;
        if (passed % step === 0) for (const axis of AXES) places[axis]![passed / step] = applyMatrix(affine, [x, y, z])[axis]!;
        passed += 1;
      }
    }
  }
  return places.map(centred);
}

function centred(values: Float64Array): Float64Array {
  const middle = sum(values) / values.length;
  return values.map((value) => value - middle);
}

function covariance(places: readonly Float64Array[]): Matrix3 {
  const product = (one: Float64Array, other: Float64Array): number => sum(one.map((value, point) => value * other[point]!));
  return places.map((one) => places.map((other) => product(one, other) / (one.length - 1))) as Matrix3;
}

/** The points without correlation between the axes, each with a standard deviation of 1. */
function whitened([x, y, z]: readonly Float64Array[], values: readonly number[], vectors: Matrix3): Float32Array[] {
  return vectors.map((one) => {
    const [a, b, c] = vector((row) => sum(values.map((value, k) => (one[k]! * vectors[row]![k]!) / Math.sqrt(value))));
    return Float32Array.from(x!, (place, point) => a * place + b * y![point]! + c * z![point]!);
  });
}
