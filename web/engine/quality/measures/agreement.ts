/**
 * Agreement of two networks: where they differ, at least one is wrong.
 * `deskull.quality.measures.agreement` says what each measure is.
 */

import { where } from "../../masking";
import type { MaskEvidence } from "../evidence";
import { countWhere, mean, percentile, select, sum } from "../statistics";
import type { Measures } from "../trees";
import { atCentres } from "./centres";

/** Nearer than this to either edge, in mm, the distances are compared. */
const NEAR_MM = 3;
/** A part that one network takes in and the other leaves out by more than this, in mm, is a difference of shape. */
const FAR_MM = 3;
/** Farther than this from the edge, in mm, the second network is taken to be certain: its distances end a little beyond. */
const CERTAIN_MM = 9.5;

/** Distances of two networks on the same voxels, and where there is something to see. */
interface Pair {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly seen: Uint8Array;
  /** Edge of the voxels in mm. */
  readonly edgeMm: number;
}

export function agreementMeasures(evidence: MaskEvidence): Measures {
  const { second, mirrored, shape, fieldOfView } = evidence.given;
  if (!second) return {};
  const { distance, expectedError, spacing } = second;
  const covered = atCentres({ values: new Float32Array(fieldOfView), shape }, distance.shape, spacing, "zero");
  const pair = {
    first: atCentres({ values: evidence.depth, shape }, distance.shape, spacing, "nearest"),
    second: distance.values,
    seen: where(covered.length, (voxel) => covered[voxel]! > 0.5),
    edgeMm: mean(evidence.spacing) * spacing,
  };
  const measures = { ...compare(pair), ...expected(pair, expectedError.values) };
  if (!mirrored) return measures;
  return {
    ...measures,
    mirrored_agreement: dice({ ...pair, first: pair.second, second: mirrored.distance.values }),
    both_mirrored_agreement: dice({ ...pair, second: mirrored.distance.values }),
  };
}

function compare(pair: Pair): Measures {
  const { first, second, seen } = pair;
  const offsets = second.map((value, voxel) => value - first[voxel]!);
  const differences = select(offsets, (voxel) => isNear(pair, voxel));
  const absolute = differences.map(Math.abs);
  const volume = Math.max(sum(partial(first, pair)), 1);
  const apart = (one: Float32Array, other: Float32Array): number =>
    countWhere(seen.length, (voxel) => seen[voxel] === 1 && one[voxel]! > FAR_MM && other[voxel]! < 0) / volume;
  return {
    agreement: dice(pair),
    difference_mm: mean(absolute),
    difference_95_mm: percentile(absolute, 95),
    offset_mm: mean(differences),
    second_adds: apart(first, second),
    second_removes: apart(second, first),
  };
}

/** What the second network expects of the mask, given how sure it is of its own edge. */
function expected(pair: Pair, errors: Float32Array): Measures {
  const { second, seen } = pair;
  const mask = partial(pair.first, pair);
  const probability = second.map((distance, voxel) => {
    const size = Math.abs(distance);
    const wrong = size < CERTAIN_MM ? Math.exp(-size / errors[voxel]!) / 2 : 0;
    return seen[voxel] ? (distance < 0 ? 1 - wrong : wrong) : 0;
  });
  const total = Math.max(sum(mask) + sum(probability), 1e-6);
  return {
    expected_dice: (2 * sum(mask.map((value, voxel) => value * probability[voxel]!))) / total,
    expected_error_mm: mean(select(errors, (voxel) => isNear(pair, voxel))),
  };
}

function isNear({ first, second, seen }: Pair, voxel: number): boolean {
  return seen[voxel] === 1 && (Math.abs(first[voxel]!) < NEAR_MM || Math.abs(second[voxel]!) < NEAR_MM);
}

/** The Dice of the masks of two distances, with voxels at the edge counted in part. */
function dice(pair: Pair): number {
  const [one, other] = [partial(pair.first, pair), partial(pair.second, pair)];
  const total = sum(one) + sum(other);
  return total ? (2 * sum(one.map((value, voxel) => Math.min(value, other[voxel]!)))) / total : 0;
}

/** The fraction of each voxel that lies inside. */
function partial(depth: Float32Array, { seen, edgeMm }: Pair): Float32Array {
  return depth.map((value, voxel) => (seen[voxel] ? Math.min(Math.max(0.5 - value / edgeMm, 0), 1) : 0));
}
