/** Findings: what is unusual about a scan, apart from whether its mask is right. */

import { SIDES } from "./measures/geometry";
import { CLEAR_GAIN } from "./measures/shape";
import { fixed } from "./numbers";
import type { Measures } from "./trees";
import { describeTurn } from "./turns";

/** Something unusual about a scan. */
export interface Finding {
  readonly name: string;
  readonly sentence: string;
  /** Whether the mask should be looked at because of it. */
  readonly bearsOnMask: boolean;
}

type Rule = (measures: Measures) => Finding | undefined;

/** A side of the mask is cut if this fraction of its edge is the end of the field of view. */
const CUT = 0.012;
/**
 * Lengths, widths and heights of human brains in mm, from a preterm infant's to the largest, as four standard deviations
 * of the voxels' places.
 */
const EXTENTS_MM: Readonly<Record<string, readonly [number, number]>> = {
  width_mm: [50, 150], length_mm: [60, 190], height_mm: [42, 145],
};
/** No brain is longer, and none has a larger volume. */
const [IMPOSSIBLE_MM, IMPOSSIBLE_ML] = [205, 2400];
/**
 * Opposite ends of the field of view continue each other if their correlation is above the first; a part of the brain
 * lies beyond if the network sees so much more of it elsewhere.
 */
const [CONTINUED, ELSEWHERE] = [0.75, 0.01];
/** Parts of the brain have no signal if the lowest value has more than the first part of its voxels, most if more than the other. */
const [NO_SIGNAL, MOSTLY] = [0.03, 0.5];
/** A scan has few values below the first number, and they are no quantised brightness if their steps are this uneven. */
const [FEW_VALUES, UNEVEN] = [20, 1.5];
/**
 * Of label maps, more than the first part of the head lies in areas of one value, unless they have so few values that
 * they could be a scan of as few.
 */
const [ONE_VALUE_AREAS, FEWEST_LABELS] = [0.5, 5];

/** Lists what is unusual about a scan, by the measures of it and of its mask. */
export function findUnusual(measures: Measures): Finding[] {
  return [...RULES, cutSides].flatMap((rule) => rule(measures) ?? []);
}

function finding(name: string, sentence: string, bearsOnMask = false): Finding {
  return { name, sentence, bearsOnMask };
}

/** A rule that applies where a measure is above a limit. */
function above(name: string, limit: number, found: Finding): Rule {
  return (measures) => ((measures[name] ?? NaN) > limit ? found : undefined);
}

/** Everything around the brain is blank. */
const stripped: Rule = ({ dark_outside: outside = 0, dark_inside: inside = 1 }) =>
  outside > 0.85 && inside < 0.2
    ? finding("stripped", "Almost nothing around the brain has signal: the scan seems to be stripped already.")
    : undefined;

/** The face is blank and the nape is not. */
const defaced: Rule = ({ dark_face: face = NaN, dark_nape: nape = NaN }) =>
  face > 0.9 && nape < 0.7 ? finding("defaced", "The face has no signal: the scan seems to be defaced.") : undefined;

/** The brain fits the mean shape better with other axes. */
const wrongAxes: Rule = ({ turned_fit: gain = 0, best_turn: turn = 0 }) =>
  gain > CLEAR_GAIN
    ? finding("axes", `The brain lies as if, in the header, ${describeTurn(turn || 0)}; check the orientation.`)
    : undefined;

/** The brain is larger or smaller than any human's, along all axes or one. */
const wrongSize: Rule = (measures) => {
  const odd = Object.entries(EXTENTS_MM).flatMap(([name, [low, high]]) => {
    const value = measures[name] ?? NaN;
    return value < low || value > high ? [`${name.replace(/_mm$/, "")} ${fixed(value, 0)} mm`] : [];
  });
  const volume = measures.volume_ml ?? NaN;
  const words = volume > IMPOSSIBLE_ML ? [...odd, `volume ${fixed(volume, 0)} ml`] : odd;
  if (!words.length) return undefined;
  const sentence = `The brain has an unusual size (${words.join(" and ")}): the voxel sizes in the header may be wrong.`;
  const isTooLong = Object.keys(EXTENTS_MM).some((name) => (measures[name] ?? NaN) > IMPOSSIBLE_MM);
  return finding("voxel_size", sentence, isTooLong);
};

/** Neighbouring slices differ as much as distant ones, along one axis alone. */
const disordered: Rule = ({ disorder = 0, disorder_ratio: ratio = 0 }) =>
  disorder > 0.9 && ratio > 1.3
    ? finding("disorder", "Neighbouring slices do not match: they are thick, shuffled or moved.")
    : undefined;

/** The head goes on at the opposite side of the field of view. */
const wrapped: Rule = ({ opposite_ends: likeness = 0, other_components: elsewhere = 0 }) =>
  likeness > CONTINUED
    ? finding("wrapped", "The head goes on at the opposite side of the field of view: it is wrapped around.", elsewhere > ELSEWHERE)
    : undefined;

/** Parts of the brain, or most of it, have no signal. */
const withoutSignal: Rule = ({ zeros_inside: part = NaN }) => {
  if (part > MOSTLY) return finding("no_signal", "Most of the brain has no signal.", true);
  return part > NO_SIGNAL ? finding("no_signal", "Parts of the brain have no signal.") : undefined;
};

/** The scan consists of areas of one value, or has few values; those of masks are no steps of brightness. */
const labelMap: Rule = ({ grey_values: number = NaN, uneven_steps: unevenness = 1, one_value_areas: areas = 0 }) => {
  if (!(number < FEWEST_LABELS) && areas > ONE_VALUE_AREAS) {
    return finding("label_map", "Most of the scan is areas of one value; it seems to be a label map.", true);
  }
  return number < FEW_VALUES
    ? finding("few_values", "The scan has few values; it may be a label map or a mask.", number < 2 || unevenness > UNEVEN)
    : undefined;
};

/** The field of view cuts the brain. */
const cutSides: Rule = (measures) => {
  const cut = SIDES.filter((side) => (measures[`contact_${side}`] ?? 0) > CUT);
  return cut.length ? finding("cut", `The field of view ends inside the brain (${cut.join(", ")}).`) : undefined;
};

const RULES: readonly Rule[] = [
  stripped,
  defaced,
  wrongAxes,
  wrongSize,
  wrapped,
  withoutSignal,
  above("gap", 0.02, finding("gap", "The brain has a gap: slices inside it have no signal.", true)),
  above("blank_contact", 0.08, finding("blank", "Slices beside the brain have no signal; a part may be missing.", true)),
  above("noise", 0.15, finding("noise", "The scan is very noisy.")),
  above("shading", 0.45, finding("shading", "The brightness varies strongly across the brain.")),
  above("stripes", 0.08, finding("stripes", "Slices differ in brightness.")),
  disordered,
  above("repeated", 0.08, finding("repeated", "Slices are repeated.")),
  above("at_maximum", 0.02, finding("saturated", "Bright values are cut off at the highest one.")),
  labelMap,
];
