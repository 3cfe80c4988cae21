/** Wording: measures in words that a user understands. */

import { fixed, general } from "./numbers";

/** What each measure is called in a reason, and its unit; a test compares the table with that of the Python package. */
const MEASURES: Readonly<Record<string, readonly [words: string, unit: string]>> = {
  agreement: ["agreement with a second network (Dice)", ""],
  difference_mm: ["mean difference from a second network", " mm"],
  difference_95_mm: ["difference from a second network, 95th percentile", " mm"],
  offset_mm: ["mean offset from a second network", " mm"],
  second_adds: ["part that only a second network takes for brain", ""],
  second_removes: ["part that a second network does not take for brain", ""],
  expected_dice: ["Dice that a second network expects", ""],
  expected_error_mm: ["error that a second network expects of its own edge", " mm"],
  mirrored_agreement: ["agreement of the second network with itself on the mirror image (Dice)", ""],
  both_mirrored_agreement: ["agreement with a second network on the mirror image (Dice)", ""],
  sharpness: ["sharpness of the predicted edge", ""],
  gradient: ["gradient of the predicted distance", ""],
  gradient_10: ["gradient of the predicted distance where it is lowest", ""],
  edge_contrast: ["contrast across the edge", ""],
  edge_gradient: ["gradient of the scan at the edge", ""],
  volume_ml: ["volume", " ml"],
  compactness: ["roughness of the surface", ""],
  symmetry: ["symmetry between left and right", ""],
  other_components: ["brain-like parts elsewhere", ""],
  intracranial_ratio: ["intracranial volume relative to the mask", ""],
  contact: ["part of the edge at the end of the field of view", ""],
  contact_left: ["part of the edge at the end of the field of view, left", ""],
  contact_right: ["part of the edge at the end of the field of view, right", ""],
  contact_back: ["part of the edge at the end of the field of view, back", ""],
  contact_front: ["part of the edge at the end of the field of view, front", ""],
  contact_bottom: ["part of the edge at the end of the field of view, bottom", ""],
  contact_top: ["part of the edge at the end of the field of view, top", ""],
  gap: ["part of the slices between the ends of the mask in which it is empty", ""],
  blank_contact: ["part of the edge beside slices without signal", ""],
  opposite_ends: ["likeness of opposite ends of the field of view", ""],
  shape_fit: ["fit to the mean shape of a brain", ""],
  turned_fit: ["gain in fit by turning the axes", ""],
  width_mm: ["width", " mm"],
  length_mm: ["length", " mm"],
  height_mm: ["height", " mm"],
  tilt: ["tilt", ""],
  inside_level: ["brightness inside the mask", ""],
  shading: ["shading inside the mask", ""],
  darkest: ["brightness of the darkest part of the inside", ""],
  brightest: ["brightness of the brightest part of the inside", ""],
  dark_inside: ["part of the inside without signal", ""],
  dark_outside: ["part of the surroundings without signal", ""],
  dark_face: ["part of the face without signal", ""],
  dark_nape: ["part of the nape without signal", ""],
  noise: ["noise", ""],
  smoothness: ["ratio of neighbouring to farther differences", ""],
  air_level: ["brightness of the background", ""],
  air_noise: ["noise of the background", ""],
  disorder: ["difference between neighbouring slices", ""],
  disorder_ratio: ["difference between neighbouring slices along one axis", ""],
  stripes: ["brightness that varies from slice to slice", ""],
  repeated: ["repeated slices", ""],
  grey_values: ["number of grey values", ""],
  uneven_steps: ["unevenness of the steps between grey values", ""],
  at_maximum: ["part of the scan at the highest value", ""],
  most_common: ["part of the head that has one value", ""],
  equal_neighbours: ["part of the head in which neighbouring voxels have the same value", ""],
  one_value_areas: ["part of the head in areas of one value, without the largest", ""],
  negative: ["part of the scan below zero", ""],
  zeros_inside: ["part of the mask at the lowest value", ""],
  zeros: ["part of the scan at the lowest value", ""],
};
/** Shells of the brightness measures, in words. */
const SHELLS: Readonly<Record<string, string>> = {
  core: "deep inside", middle: "5 to 9 mm inside", cortex: "2 to 5 mm inside", rim: "at the edge",
  fluid: "1 to 3 mm outside", skull: "4 to 7 mm outside", scalp: "7 to 9 mm outside",
};
const BRIGHTNESS: Readonly<Record<string, string>> = { bright: "brightness", spread: "variation of brightness" };

/** A sentence that says how unusual a measure is that `isUnusual`; `usual` is its range in scans with good masks. */
export function describe(name: string, value: number, [low, high]: readonly [number, number]): string {
  const [words, unit] = knownWords(name) ?? [name.replaceAll("_", " "), ""];
  const state = value < low ? "Low" : "High";
  return `${state} ${words}: ${number(value)}${unit}, usually ${number(low)} to ${number(high)}${unit}.`;
}

/** Whether a measure lies outside its usual range, in the digits in which `describe` states them. */
export function isUnusual(value: number, usual: readonly [number, number]): boolean {
  const [stated, low, high] = [value, ...usual].map((one) => Number(number(one))) as [number, number, number];
  return stated < low || stated > high;
}

/** A number with three significant digits, and all of those before the point. */
function number(value: number): string {
  return Math.abs(value) >= 100 ? fixed(value, 0) : general(value, 3);
}

/** What a measure is called, and its unit; undefined if it is none of deskull's. */
export function knownWords(name: string): readonly [words: string, unit: string] | undefined {
  const [, kind = "", shell = ""] = /^([^_]*)_?(.*)$/.exec(name) ?? [];
  const [brightness, place] = [BRIGHTNESS[kind], SHELLS[shell]];
  return brightness && place ? [`${brightness} ${place}`, ""] : MEASURES[name];
}
