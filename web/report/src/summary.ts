/** Summary: what the batch is like at a glance, and how far its review has come. */

import { VERDICTS, verdictClass, verdictIcon, verdictLabel } from "../../shared/badge";
import type { Scan } from "./data";
import { button, element, type Child } from "../../shared/dom";
import { dice, median, millilitres } from "./format";
import type { Listing, StateFilter } from "./listing";
import type { Decision, Marks } from "./marks";

/** Makes the tiles; returns the function that shows how far the review has come. */
export function makeSummary(place: HTMLElement, listing: Listing, marks: Marks, filter: (state: StateFilter) => void): () => void {
  const { scans } = listing;
  const progress = element("progress", { max: scans.length, value: 0, "aria-label": "Reviewed scans" });
  const reviewed = element("span", { class: "number" });
  const decisions = element("span", { class: "pale" });
  place.append(
    element(
      "div", { class: "tiles" },
      verdictTile(scans, filter),
      tile("Median volume", middle(scans.map((scan) => scan.volume), millilitres), [flagged(scans, "outlier", "volume outliers", filter)]),
      tile("Median predicted Dice", middle(scans.map((scan) => scan.dice), dice), [flagged(scans, "warned", "with warnings", filter)]),
      element("div", { class: "card tile" }, element("h3", {}, "Your review"), reviewed, progress, decisions),
    ),
  );
  return () => {
    const total = marks.size;
    reviewed.textContent = `${total.toLocaleString("en")} of ${scans.length.toLocaleString("en")}`;
    progress.value = total;
    const kept = marks.isKept ? "" : " · this browser keeps no marks: export them";
    const number = (decision: Decision): number => marks.count((mark) => mark.decision === decision);
    const outdated = marks.outdatedCount ? ` · ${marks.outdatedCount} outdated` : "";
    decisions.textContent = `${number("accept")} accepted · ${number("edit")} to review again · ${number("reject")} rejected${outdated}${kept}`;
  };
}

function tile(title: string, number: string, below: Child[]): HTMLElement {
  return element("div", { class: "card tile" }, element("h3", {}, title), element("span", { class: "number" }, number), ...below);
}

/** A bar of all verdicts with a legend, whose entries filter the table. */
function verdictTile(scans: readonly Scan[], filter: (state: StateFilter) => void): HTMLElement {
  const counts = VERDICTS.map((verdict) => ({ verdict, number: scans.filter((scan) => scan.verdict === verdict).length }));
  const occurring = counts.filter(({ number }) => number > 0);
  const parts = occurring.map(({ verdict, number }) => {
    const part = element("span", { class: verdictClass(verdict) });
    part.style.flexGrow = String(number);
    return part;
  });
  const legend = occurring.map(({ verdict, number }) => {
    const text = element("span", {}, verdictIcon(verdict), `${verdictLabel(verdict)} `, element("b", {}, number.toLocaleString("en")));
    return button(text, { class: `link legend ${verdictClass(verdict)}`, title: "Show these scans" }, () => filter(verdict));
  });
  return element(
    "div", { class: "card tile verdicts" },
    element("h3", {}, "Verdicts"), element("div", { class: "stack", "aria-hidden": "true" }, ...parts), element("div", { class: "legends" }, ...legend),
  );
}

function flagged(scans: readonly Scan[], state: "warned" | "outlier", label: string, filter: (state: StateFilter) => void): HTMLElement {
  const number = scans.filter((scan) => (state === "warned" ? scan.isWarned : scan.isOutlier)).length;
  const text = `${number.toLocaleString("en")} ${label}`;
  return number ? button(text, { class: "link" }, () => filter(state)) : element("span", { class: "pale" }, text);
}

function middle(values: readonly (number | null)[], format: (value: number) => string): string {
  const known = values.filter((value) => value !== null);
  return known.length ? format(median(known)) : "–";
}
