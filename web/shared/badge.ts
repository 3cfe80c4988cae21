/** Badges: a verdict as a word, a shape and a colour, so that the colour is never alone. */

import { element, svg } from "./dom";

export const VERDICTS = ["no mask", "fail", "review", "not judged", "pass"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Paths in a square of 16 units. */
const SHAPES: Record<Verdict, string> = {
  "no mask": "M4 4 12 12M12 4 4 12",
  fail: "M8 1.5 14.5 8 8 14.5 1.5 8Z",
  review: "M8 2 15 14H1Z",
  "not judged": "M3 8H13",
  pass: "M2.5 8.5 6.5 12.5 13.5 4",
};
const LABELS: Record<Verdict, string> = {
  "no mask": "No mask", fail: "Fail", review: "Review", "not judged": "Not judged", pass: "Pass",
};
const FILLED: readonly Verdict[] = ["fail", "review"];

export function verdictLabel(verdict: Verdict): string {
  return LABELS[verdict];
}

/** Makes the class of a verdict's colours. */
export function verdictClass(verdict: Verdict): string {
  return `verdict-${verdict.replace(" ", "-")}`;
}

/** Makes the badge of a verdict. */
export function badge(verdict: Verdict): HTMLElement {
  return element("span", { class: `badge ${verdictClass(verdict)}` }, verdictIcon(verdict), LABELS[verdict]);
}

/** Makes the shape of a verdict. */
export function verdictIcon(verdict: Verdict): SVGElement {
  const path = svg("path", { d: SHAPES[verdict], class: FILLED.includes(verdict) ? "filled" : "stroked" });
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, path);
}
