/** Review page: the rows of a batch, worst first, each with its rating. */

import { badge } from "../../../shared/badge";
import { button, element } from "../../../shared/dom";
import { count, dice, millilitres } from "../../../shared/format";
import type { ReviewRow } from "../contract";
import { ratingControls, type Controls } from "./rating_controls";
import type { Ratings } from "./ratings";

const HEADS = ["#", "Scan", "Verdict", "Dice", "Volume", "Your rating"];

export class ReviewPage {
  readonly element: HTMLElement;
  private readonly rows = new Map<string, { row: HTMLTableRowElement; controls: Controls }>();
  private readonly progress = element("p", { class: "pale", role: "status" });

  constructor(private readonly ratings: Ratings, private readonly open: (row: ReviewRow) => void) {
    const body = element("tbody", {}, ...ratings.rows.map((row, at) => this.makeRow(row, at)));
    const head = element("thead", {}, element("tr", {}, ...HEADS.map((name) => element("th", { scope: "col" }, name))));
    const table = element("table", { class: "rows" }, element("caption", { class: "hidden" }, "Masks to review, worst first"), head, body);
    this.element = element("div", { class: "review" }, element("div", { class: "review-head" }, element("h2", {}, "Review, worst first"), this.progress), table);
    ratings.onChange(() => this.refresh());
    this.refresh();
  }

  /** Brings the current row into view. */
  reveal(): void {
    this.currentElement?.scrollIntoView({ block: "nearest" });
  }

  get currentElement(): HTMLTableRowElement | undefined {
    return this.rows.get(this.ratings.currentId ?? "")?.row;
  }

  private refresh(): void {
    this.progress.textContent = `${this.ratings.nRated.toLocaleString("en")} of ${count(this.ratings.rows.length, "mask")} rated`;
    for (const [id, { row, controls }] of this.rows) {
      row.toggleAttribute("data-current", id === this.ratings.currentId);
      controls.refresh();
    }
  }

  private makeRow(row: ReviewRow, at: number): HTMLTableRowElement {
    const controls = ratingControls(row, this.ratings);
    const name = row.has_scan
      ? button(row.name, { class: "link name", title: "Open viewer and editor (Enter)" }, () => this.open(row))
      : element("span", {}, row.name, element("span", { class: "pale" }, " (its scan is not found)"));
    const made = element(
      "tr", { "data-row": row.id }, element("td", { class: "pale" }, String(at + 1)),
      element("th", { scope: "row" }, name, ...(row.reason ? [element("span", { class: "pale reason" }, row.reason)] : [])),
      element("td", {}, badge(row.verdict)), element("td", {}, dice(row.predicted_dice)), element("td", {}, millilitres(row.volume_ml)), element("td", {}, controls.element),
    );
    for (const event of ["focusin", "click"]) made.addEventListener(event, () => { if (this.ratings.currentId !== row.id) this.ratings.select(row.id); });
    this.rows.set(row.id, { row: made, controls });
    return made;
  }
}
