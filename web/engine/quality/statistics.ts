/** Statistics of lists of numbers, by the definitions of NumPy. NaN for an empty list. */

import { percentiles } from "../arrays";

export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < values.length; index += 1) total += values[index]!;
  return total;
}

export function mean(values: ArrayLike<number>): number {
  return sum(values) / values.length;
}

/** The mean of the squared differences from the mean. */
export function variance(values: ArrayLike<number>): number {
  const middle = mean(values);
  let total = 0;
  for (let index = 0; index < values.length; index += 1) total += (values[index]! - middle) ** 2;
  return total / values.length;
}

export function standardDeviation(values: ArrayLike<number>): number {
  return Math.sqrt(variance(values));
}

export function percentile(values: Float32Array | Float64Array, percent: number): number {
  return values.length ? percentiles(values, [percent])[0]! : NaN;
}

export function median(values: Float32Array | Float64Array): number {
  return percentile(values, 50);
}

/** The number of places for which something holds. */
export function countWhere(length: number, holds: (place: number) => boolean): number {
  let total = 0;
  for (let place = 0; place < length; place += 1) if (holds(place)) total += 1;
  return total;
}

/** The part of the numbers for which something holds. */
export function fraction(values: ArrayLike<number>, holds: (value: number) => boolean): number {
  return countWhere(values.length, (place) => holds(values[place]!)) / values.length;
}

/** The numbers at the places for which something holds, in a list of their own. */
export function select(values: Float32Array, holds: (place: number) => boolean): Float32Array {
  const kept = new Float32Array(values.length);
  let total = 0;
  for (let place = 0; place < values.length; place += 1) if (holds(place)) kept[total++] = values[place]!;
  return kept.slice(0, total);
}
