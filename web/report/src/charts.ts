/** Charts: distributions over the batch, with the scans that stand out named. */

import type { Scan } from "./data";
import { button, element, type Child } from "../../shared/dom";
import { deviation, dice, millilitres } from "./format";
import { histogram } from "./histogram";

const N_NAMED = 6;

/** Draws the distributions of volume and of predicted Dice. */
export function makeCharts(place: HTMLElement, scans: readonly Scan[], open: (scan: Scan) => void): void {
  place.append(volumeChart(scans, open), diceChart(scans, open));
}

function volumeChart(scans: readonly Scan[], open: (scan: Scan) => void): HTMLElement {
  const measured = scans.filter((scan) => scan.volume !== null);
  const outliers = measured.filter((scan) => scan.isOutlier).sort((one, two) => Math.abs(two.deviation) - Math.abs(one.deviation));
  const values = new Set(outliers.map((scan) => scan.volume));
  const named = names("Outliers", outliers, (scan) => `${millilitres(scan.volume)}, ${deviation(scan)}`, open);
  return card("Volume of the masks", measured.map((scan) => scan.volume ?? 0), { label: "volume", format: millilitres }, (value) => values.has(value), named, "No mask could be read.");
}

function diceChart(scans: readonly Scan[], open: (scan: Scan) => void): HTMLElement {
  const judged = scans.filter((scan) => scan.dice !== null);
  const doubtful = judged.filter((scan) => scan.verdict !== "pass").sort((one, two) => (one.dice ?? 0) - (two.dice ?? 0));
  const values = new Set(doubtful.map((scan) => scan.dice));
  const named = names("Not passed", doubtful, (scan) => dice(scan.dice), open);
  const missing = "No quality is stated for these masks; scans are ordered by failures, warnings and volume.";
  return card("Predicted Dice", judged.map((scan) => scan.dice ?? 0), { label: "predicted Dice", format: dice }, (value) => values.has(value), named, missing);
}

function card(
  title: string, values: readonly number[], axis: Parameters<typeof histogram>[1], isMarked: (value: number) => boolean,
  named: Child, missing: string,
): HTMLElement {
  const body: Child[] = values.length ? [histogram(values, axis, isMarked), named] : [element("p", { class: "pale missing" }, missing)];
  return element("figure", { class: "card chart" }, element("figcaption", {}, title), ...body);
}

/** Names the first scans of a list, each a button that opens it. */
function names(label: string, scans: readonly Scan[], value: (scan: Scan) => string, open: (scan: Scan) => void): HTMLElement {
  if (!scans.length) return element("p", { class: "pale named" }, "No scan stands out.");
  const items = scans.slice(0, N_NAMED).map((scan) => {
    const name = button(scan.name.slice(scan.name.lastIndexOf("/") + 1), { class: "link", title: scan.name }, () => open(scan));
    return element("li", {}, name, element("span", { class: "pale" }, ` ${value(scan)}`));
  });
  const more = scans.length > N_NAMED ? [element("li", { class: "pale" }, `and ${scans.length - N_NAMED} more`)] : [];
  return element("div", { class: "named" }, element("span", { class: "outlier-key" }, label), element("ul", {}, ...items, ...more));
}
