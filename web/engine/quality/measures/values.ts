/** Values: what kinds of numbers the scan holds. `deskull.quality.measures.values` says what each measure is. */

import { AXES, roundHalfEven } from "../../affine";
import { eachVoxel, extremes, strides, wholeBox } from "../../arrays";
import type { Volume } from "../../types";
import { interOf, slopeOf } from "../../volume";
import type { MaskEvidence } from "../evidence";
import { fraction, sum } from "../statistics";
import type { Measures } from "../trees";

/** About this number of voxels is looked at. */
const N_SAMPLED = 200_000;
/** Fewer sampled voxels of a head, or pairs of them, are not measured. */
const FEWEST = 100;
/** More grey values are not counted. */
const MOST_GREY_VALUES = 1000;
/** Scans with more values have no steps. */
const MOST_STEPS = 20;
const NOTHING = {
  grey_values: NaN, uneven_steps: NaN, at_maximum: NaN, most_common: NaN, equal_neighbours: NaN,
  one_value_areas: NaN, negative: NaN, zeros_inside: NaN, zeros: NaN,
};

export function valueMeasures({ given: { scan, mask } }: MaskEvidence): Measures {
  const step = Math.max(1, roundHalfEven((scan.values.length / N_SAMPLED) ** (1 / 3)));
  const places: number[] = [];
  eachVoxel(scan.shape, wholeBox(scan.shape), (place) => places.push(place), [step, step, step]);
  const sample = realNumbers(scan, places);
  const held = sample.filter((_, index) => mask[places[index]!]);
  const [lowest, highest] = extremes(sample);
  const head = sample.filter((value) => value > lowest).sort();
  if (head.length < FEWEST) return NOTHING;
  const { different, mostCommon } = countValues(head);
  const pairs = AXES.map((axis) => comparedPairs(scan, axis, step));
  const areas = pairs.map(oneValueAreas).filter((part) => !Number.isNaN(part));
  const middle = medianOfSorted(head, isNarrow(scan));
  return {
    grey_values: Math.min(different, MOST_GREY_VALUES),
    uneven_steps: different <= MOST_STEPS ? unevenSteps(lowest, head) : NaN,
    at_maximum: fraction(head.filter((value) => value >= middle), (value) => value === highest),
    most_common: mostCommon / head.length,
    equal_neighbours: equalNeighbours(pairs[scan.shape.indexOf(Math.max(...scan.shape))]!),
    one_value_areas: areas.length ? Math.min(...areas) : NaN,
    negative: fraction(sample, (value) => value < 0),
    zeros_inside: fraction(held, (value) => value === lowest),
    zeros: fraction(sample, (value) => value === lowest),
  };
}

/** Whether NumPy scales the stored type in 32-bit floats: whether those hold all of its numbers. */
function isNarrow({ values }: Volume): boolean {
  return values.BYTES_PER_ELEMENT < 4 || values instanceof Float32Array;
}

/** The real values at places, rounded as NumPy rounds them: whether two are equal is measured. */
function realNumbers(scan: Volume, places: readonly number[]): Float64Array {
  const [slope, inter] = [Math.fround(slopeOf(scan)), Math.fround(interOf(scan))];
  const round = isNarrow(scan) ? Math.fround : (value: number): number => value;
  return Float64Array.from(places, (place) => round(round(scan.values[place]! * slope) + inter));
}

/** How many different values a sorted list has, and how often it has the most common one. */
function countValues(sorted: Float64Array): { different: number; mostCommon: number } {
  let [different, mostCommon, first] = [0, 0, 0];
  for (let index = 1; index <= sorted.length; index += 1) {
    if (sorted[index] === sorted[first]) continue;
    different += 1;
    mostCommon = Math.max(mostCommon, index - first);
    first = index;
  }
  return { different, mostCommon };
}

/** The ratio of the largest to the smallest step between the lowest value and those of a sorted list. */
function unevenSteps(lowest: number, sorted: Float64Array): number {
  const values = [...new Set([lowest, ...sorted])];
  const steps = values.slice(1).map((value, index) => value - values[index]!);
  return Math.max(...steps) / Math.min(...steps);
}

function medianOfSorted(sorted: Float64Array, isRounded: boolean): number {
  const middle = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  return isRounded ? Math.fround(middle) : middle;
}

/** Neighbouring pairs of voxels above the lowest value along an axis: how many, and how many have which value in common. */
interface Pairs {
  readonly total: number;
  readonly equal: ReadonlyMap<number, number>;
}

function comparedPairs({ values, shape }: Volume, axis: number, step: number): Pairs {
  const next = strides(shape)[axis]!;
  const [lowest] = extremes(values);
  const box = wholeBox(shape).map(([start, stop], other) => [start, other === axis ? stop - 1 : stop] as const);
  const equal = new Map<number, number>();
  let total = 0;
  const compare = (place: number): void => {
    const [one, other] = [values[place]!, values[place + next]!];
    if (one <= lowest || other <= lowest) return;
    total += 1;
    if (one === other) equal.set(one, (equal.get(one) ?? 0) + 1);
  };
  eachVoxel(shape, [box[0]!, box[1]!, box[2]!], compare, [step, step, step]);
  return { total, equal };
}

/** The fraction of pairs that have the same value. */
function equalNeighbours({ total, equal }: Pairs): number {
  return sum([...equal.values()]) / total;
}

/** The fraction of pairs that have the same value, without those of the value that has most of them. */
function oneValueAreas({ total, equal }: Pairs): number {
  const most = Math.max(0, ...equal.values());
  return total - most < FEWEST ? NaN : (sum([...equal.values()]) - most) / (total - most);
}
