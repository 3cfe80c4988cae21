/** The page of a scan: more and larger slices, all that is known, the review, and the viewer. */

import { badge } from "../../shared/badge";
import { refreshControls, reviewControls } from "./controls";
import type { Scan } from "./data";
import { button, element, type Child } from "../../shared/dom";
import { deviation, dice, millilitres, shortNumber } from "./format";
import type { Marks } from "./marks";
import { contourButton, layers } from "./pictures";
import { notes } from "./row";
import { loadDetails, type Details, type Fact, type Measure } from "./scripts";
import { Viewer } from "./viewer";

const SLICES_SIZE: [number, number] = [1500, 900];
/** Letters at the left and right of the slices of a plane, in radiological convention. */
const SIDES: Record<string, [string, string]> = { sagittal: ["P", "A"], coronal: ["R", "L"], axial: ["R", "L"] };

export class ScanPage {
  private scan: Scan | undefined;
  private readonly viewer: Viewer;

  constructor(
    private readonly place: HTMLElement, private readonly marks: Marks, hasViewer: boolean,
    private readonly move: (step: 1 | -1) => void, private readonly close: () => void,
  ) {
    this.viewer = new Viewer(hasViewer);
    marks.onChange(() => {
      if (this.scan) refreshControls(this.place, this.scan, this.marks);
    });
  }

  /** Shows a scan; `position` says which of how many it is. */
  show(scan: Scan, position: string): void {
    if (this.scan === scan) return;
    this.scan = scan;
    const slices = element("div", { class: "slices-place" });
    const facts = element("div", { class: "facts-place" });
    this.place.replaceChildren(
      this.header(scan, position),
      element("div", { class: "scan-body" }, element("div", {}, slices, this.viewer.element), this.side(scan, facts)),
    );
    slices.append(scan.hasPicture ? layers(scan, "slices", SLICES_SIZE, `Slices of ${scan.name} in three planes`) : element("p", { class: "no-picture" }, "No picture could be drawn."));
    void this.addDetails(scan, slices, facts);
    this.viewer.show(scan);
  }

  /** Forgets the scan, so that its page is made anew the next time. */
  leave(): void {
    this.scan = undefined;
  }

  toggleViewer(): void {
    this.viewer.toggle();
  }

  private async addDetails(scan: Scan, slices: HTMLElement, facts: HTMLElement): Promise<void> {
    try {
      const details = await loadDetails(scan);
      if (scan.hasPicture) slices.firstElementChild?.append(labels(details));
      facts.append(measuresTable("Quality", details.measures), measuresTable("Scan", details.input), factsTable("How it was made", details.facts));
    } catch (error) {
      facts.append(element("p", { class: "pale" }, `Details are missing: ${String(error)}.`));
    }
  }

  private header(scan: Scan, position: string): HTMLElement {
    return element(
      "div", { class: "bar scan-bar" },
      button("‹ All scans", { class: "quiet", title: "Key Esc" }, this.close),
      element("h2", { id: "scan-name", tabindex: -1 }, scan.name),
      contourButton(),
      element("span", { class: "pale" }, position),
      button("Previous", { class: "quiet", title: "Key K" }, () => this.move(-1)),
      button("Next", { class: "quiet", title: "Key J" }, () => this.move(1)),
    );
  }

  private side(scan: Scan, facts: HTMLElement): HTMLElement {
    return element(
      "aside", { class: "card side", "aria-label": "Review and facts" },
      element("div", { class: "figures" }, ...figures(scan)), notes(scan.notes),
      element("h3", {}, "Your review"), reviewControls(scan, this.marks), facts,
    );
  }
}

function figures(scan: Scan): Child[] {
  const figure = (label: string, value: string, below: string): HTMLElement =>
    element("div", {}, element("span", { class: "pale" }, label), element("span", { class: "number" }, value), element("span", { class: "pale" }, below));
  const made: Child[] = [element("div", {}, badge(scan.verdict))];
  if (scan.dice !== null) made.push(figure("Predicted Dice", dice(scan.dice), scan.bound === null ? "" : `at least ${dice(scan.bound)}`));
  if (scan.margin !== null) made.push(figure("Margin", `${scan.margin.toFixed(1)} mm`, "of the true surface"));
  if (scan.volume !== null) made.push(figure("Volume", millilitres(scan.volume), `${deviation(scan)}${scan.isOutlier ? ", outlier" : ""}`));
  return made;
}

/** Positions and sides of the slices, laid over the picture. */
function labels(details: Details): HTMLElement {
  const cells = details.panels.flatMap(([plane, ...positions]) => {
    const [left = "", right = ""] = SIDES[plane] ?? [];
    return positions.map((position, place) =>
      element(
        "span", {},
        element("i", { class: "position" }, `${place ? "" : `${plane}  `}${"xyz"[Object.keys(SIDES).indexOf(plane)]} ${signed(position)} mm`),
        element("i", { class: "left" }, left), element("i", { class: "right" }, right),
      ),
    );
  });
  return element("span", { class: "labels" }, ...cells);
}

function signed(position: number): string {
  const sign = position < 0 ? "−" : position > 0 ? "+" : "";
  return `${sign}${Math.abs(position)}`;
}

function factsTable(title: string, facts: readonly Fact[]): HTMLElement {
  return table(title, facts.map(([name, value]) => factRow(name, value)));
}

/** Measures in words and with units; where the record has them, with the percentiles in a column of their own. */
function measuresTable(title: string, measures: readonly Measure[]): HTMLElement {
  const hasPercentiles = measures.some(([, , , percentile]) => percentile !== null);
  const rows = measures.map(([words, value, unit, percentile]) => {
    const text = typeof value === "number" ? element("span", { class: "value" }, `${shortNumber(value)} ${unit}`.trim()) : value;
    return factRow(words, text, ...(hasPercentiles ? [percentile === null ? "" : String(percentile)] : []));
  });
  return table(title, rows, hasPercentiles ? element("thead", {}, percentilesHead()) : undefined);
}

function percentilesHead(): HTMLElement {
  const percentile = element("th", { scope: "col", title: "Among clean scans with good masks, from 1 to 99" }, "Percentile");
  return element("tr", {}, element("th", { scope: "col" }, "Measure"), element("th", { scope: "col" }, "Value"), percentile);
}

function factRow(name: string, ...values: Child[]): HTMLElement {
  return element("tr", {}, element("th", { scope: "row" }, name), ...values.map((value) => element("td", {}, value)));
}

function table(title: string, rows: readonly HTMLElement[], head?: HTMLElement): HTMLElement {
  if (!rows.length) return element("div");
  const parts = [...(head ? [head] : []), element("tbody", {}, ...rows)];
  return element("div", {}, element("h3", {}, title), element("table", { class: "facts" }, ...parts));
}
