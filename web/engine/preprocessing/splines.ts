/**
 * Splines: the cubic B-spline through the voxels along an axis, evaluated at points between them (Unser, Aldroubi and
 * Eden, IEEE Transactions on Signal Processing 1993); a port of `refine` in `preprocessing/resampling.py`.
 */

import { count, resized, strides } from "../arrays";
import type { Field } from "../types";

/** Pole of the filter that turns values into coefficients of cubic B-splines. */
const POLE = Math.sqrt(3) - 2;
const GAIN = (1 - POLE) * (1 - 1 / POLE);

/** Evaluates the spline along an axis of at least four voxels at `times` points in each voxel. */
export function refine(data: Field, axis: number, times: number): Field {
  const size = data.shape[axis]!;
  const stride = strides(data.shape)[axis]!;
  const shape = resized(data.shape, axis, size * times);
  const values = new Float32Array(count(shape));
  const knots = coefficients(data, axis);
  for (let part = 0; part < times; part++) {
    const position = (part + 0.5) / times - 0.5;
    const weights = splineWeights(position - Math.floor(position));
    const first = Math.floor(position) - 1;
    const neighbours = (k: number): Int32Array =>
      Int32Array.from({ length: size }, (_, index) => mirrored(index + first + k, size));
    const around = [0, 1, 2, 3].map(neighbours);
    for (let line = 0; line < knots.length; line += stride * size)
      for (let index = 0; index < size; index++) {
        const places = around.map((indices) => line + stride * indices[index]!);
        blend(knots, places, weights, values, line * times + stride * (index * times + part), stride);
      }
  }
  return { values, shape };
}

/** Writes the weighted sum of four runs of coefficients. */
function blend(
  knots: Float32Array,
  places: readonly number[],
  weights: Float32Array,
  into: Float32Array,
  to: number,
  length: number,
): void {
  const [a, b, c, d] = places as [number, number, number, number];
  const [u, v, w, x] = weights as unknown as [number, number, number, number];
  for (let i = 0; i < length; i++)
    into[to + i] = knots[a + i]! * u + knots[b + i]! * v + knots[c + i]! * w + knots[d + i]! * x;
}

/** The index that one beyond an end of the array is mirrored to, about the centre of the last voxel. */
function mirrored(index: number, size: number): number {
  const positive = Math.abs(index);
  return positive < size ? positive : 2 * (size - 1) - positive;
}

/** Weights of the four B-splines around a point that lies the fraction `t` between two knots. */
function splineWeights(t: number): Float32Array {
  const u = 1 - t;
  return Float32Array.of(u ** 3 / 6, 2 / 3 - t ** 2 + t ** 3 / 2, 2 / 3 - u ** 2 + u ** 3 / 2, t ** 3 / 6);
}

/** Coefficients of the splines along an axis, mirrored at the ends, as `scipy.ndimage.spline_filter1d`. */
function coefficients({ values, shape }: Field, axis: number): Float32Array {
  const size = shape[axis]!;
  const stride = strides(shape)[axis]!;
  const knots = new Float32Array(values.length);
  const line = new Float64Array(size);
  for (let start = 0; start < values.length; start += stride * size)
    for (let offset = start; offset < start + stride; offset++) {
      for (let i = 0; i < size; i++) line[i] = values[offset + i * stride]! * GAIN;
      filter(line);
      for (let i = 0; i < size; i++) knots[offset + i * stride] = line[i]!;
    }
  return knots;
}

/** Applies the recursive filter to a line in place, forwards and backwards. */
function filter(line: Float64Array): void {
  const last = line.length - 1;
  const whole = POLE ** last;
  let [sum, power] = [line[0]! + whole * line[last]!, POLE];
  for (let i = 1; i < last; i++, power *= POLE) sum += power * (line[i]! + whole * line[last - i]!);
  line[0] = sum / (1 - whole * whole);
  for (let i = 1; i <= last; i++) line[i]! += POLE * line[i - 1]!;
  line[last] = ((POLE * line[last - 1]! + line[last]!) * POLE) / (POLE * POLE - 1);
  for (let i = last - 1; i >= 0; i--) line[i] = POLE * (line[i + 1]! - line[i]!);
}
