/**
 * Geometry: volume, extent, symmetry, parts and contact with the edge of the field of view.
 * `deskull.quality.measures.geometry` says what each measure is.
 */

import { AXES, roundHalfEven } from "../../affine";
import { count, othersOf, strides } from "../../arrays";
import { voxelsInside, where } from "../../masking";
import { voxelMl } from "../../volume";
import type { MaskEvidence } from "../evidence";
import { countWhere, sum } from "../statistics";
import type { Measures } from "../trees";
import { blankSliceMeasures } from "./blank_slices";
import { nVoxelsOpened } from "./opening";

/** Names of the grid's sides: its axes run to the right, to the front and upwards. */
export const SIDES = ["left", "right", "back", "front", "bottom", "top"] as const;
/** Components smaller than this, in ml, are not counted. */
const SMALL_ML = 0.5;

export function geometryMeasures(evidence: MaskEvidence): Measures {
  const { scan, mask, intracranial, fieldOfView } = evidence.given;
  const number = Math.max(voxelsInside(evidence.inside), 1);
  const volumeMm3 = number * count(evidence.spacing);
  const area = surfaceArea(evidence);
  const contacts = contactAreas(evidence).map((face) => face / Math.max(area, 1));
  const isWide = (voxel: number): boolean => intracranial![voxel]! < 0 && fieldOfView[voxel] === 1;
  return {
    volume_ml: voxelsInside(mask) * voxelMl(scan.affine),
    compactness: area / Math.max(volumeMm3, 1) ** (2 / 3),
    symmetry: symmetry(evidence),
    other_components: otherComponents(evidence) / number,
    intracranial_ratio: intracranial ? countWhere(intracranial.length, isWide) / number : NaN,
    contact: sum(contacts),
    ...Object.fromEntries(SIDES.map((side, index) => [`contact_${side}`, contacts[index]!])),
    ...blankSliceMeasures(evidence.given, area),
  };
}

/** The area of the mask's edge in square mm, from the fraction of voxels that it passes. */
function surfaceArea({ around, spacing }: MaskEvidence): number {
  return sum(around.depth.map((value) => Math.max(1 - Math.abs(value), 0))) * count(spacing);
}

/** The area in square mm where the mask ends with the field of view, by side. */
function contactAreas({ around: { inside, seen, shape }, spacing }: MaskEvidence): number[] {
  return AXES.flatMap((axis) => {
    const [stride, size] = [strides(shape)[axis]!, shape[axis]!];
    const [u, v] = othersOf(axis);
    const ends = (voxel: number, step: number): boolean => {
      const index = (Math.floor(voxel / stride) % size) + step;
      return index < 0 || index >= size || !seen[voxel + step * stride];
    };
    const nEnding = (step: number): number => countWhere(inside.length, (voxel) => inside[voxel] === 1 && ends(voxel, step));
    return [-1, 1].map((step) => nEnding(step) * spacing[u]! * spacing[v]!);
  });
}

/** The Dice of a mask and its mirror image about the plane through its middle. */
function symmetry({ around: { inside, shape } }: MaskEvidence): number {
  const columns = new Float64Array(shape[0]);
  inside.forEach((value, voxel) => (columns[voxel % shape[0]]! += value));
  const total = sum(columns);
  if (!total) return NaN;
  const middle = sum(columns.map((number, index) => number * index)) / total;
  const opposite = Array.from(columns, (_, index) => roundHalfEven(2 * middle - index));
  let [both, mirrored] = [0, 0];
  inside.forEach((value, voxel) => {
    const index = voxel % shape[0];
    const other = opposite[index]!;
    if (other < 0 || other >= shape[0] || !inside[voxel - index + other]) return;
    mirrored += 1;
    both += value;
  });
  return (2 * both) / (total + mirrored);
}

/** The number of voxels that the network took for brain, and that were removed as separate components. */
function otherComponents({ given, inside, spacing }: MaskEvidence): number {
  const { predicted, fieldOfView, shape } = given;
  const border = Math.fround(given.border);
  const isRemoved = (voxel: number): boolean => predicted[voxel]! < border && !inside[voxel] && fieldOfView[voxel] === 1;
  const removed = where(inside.length, isRemoved);
  return (voxelsInside(removed) * count(spacing)) / 1000 < SMALL_ML ? 0 : nVoxelsOpened(removed, shape);
}
