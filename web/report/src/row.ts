/** Row: one scan in the table. */

import { badge } from "../../shared/badge";
import { reviewControls } from "./controls";
import type { Scan } from "./data";
import { button, element, type Child } from "../../shared/dom";
import { deviation, dice, millilitres } from "./format";
import type { Marks } from "./marks";
import { layers } from "./pictures";

const STRIP_SIZE: [number, number] = [516, 160];

/** Makes the row of a scan; `open` shows its own page. */
export function makeRow(scan: Scan, marks: Marks, open: (scan: Scan) => void): HTMLTableRowElement {
  const row = element(
    "tr", { "data-number": scan.number },
    element("td", { class: "rank" }, String(scan.rank)),
    element("td", { class: "picture" }, picture(scan, open)),
    nameCell(scan, open),
    element("td", { class: "quality" }, badge(scan.verdict), ...quality(scan)),
    volumeCell(scan),
    element("td", { class: "review" }, reviewControls(scan, marks)),
  );
  return row;
}

function picture(scan: Scan, open: (scan: Scan) => void): HTMLElement {
  if (!scan.hasPicture) return element("span", { class: "no-picture" }, "no picture");
  const alt = `Sagittal, coronal and axial slice of ${scan.name}`;
  return button(layers(scan, "strips", STRIP_SIZE, alt), { class: "picture-button", tabindex: -1, title: "Open (Enter)" }, () => open(scan));
}

function nameCell(scan: Scan, open: (scan: Scan) => void): HTMLTableCellElement {
  const slash = scan.name.lastIndexOf("/") + 1;
  const parts: Child[] = [element("b", {}, scan.name.slice(slash))];
  if (slash) parts.unshift(element("span", { class: "pale folder" }, scan.name.slice(0, slash)));
  const link = button(element("span", {}, ...parts), { class: "name" }, () => open(scan));
  return element("th", { scope: "row", class: "scan" }, link, notes(scan.notes));
}

/** Makes the list of a scan's notes. */
export function notes(texts: readonly string[]): HTMLElement {
  return element("ul", { class: "notes" }, ...texts.map((text) => element("li", {}, text)));
}

function quality(scan: Scan): Child[] {
  const warned = scan.isWarned ? [element("span", { class: "flag" }, "warnings")] : [];
  if (scan.dice === null) return warned;
  const bound = scan.bound === null ? "" : `at least ${dice(scan.bound)}`;
  return [
    element("span", { class: "figure" }, dice(scan.dice)),
    element("span", { class: "pale" }, bound),
    ...warned,
  ];
}

function volumeCell(scan: Scan): HTMLTableCellElement {
  const flag = scan.isOutlier ? [element("span", { class: "flag" }, "outlier")] : [];
  return element(
    "td", { class: "volume" },
    element("span", { class: "figure" }, millilitres(scan.volume)), element("span", { class: "pale" }, deviation(scan)), ...flag,
  );
}
