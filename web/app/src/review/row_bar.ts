/** Row bar: over the viewer of a row: the way back, the next rows, and its rating. */

import { badge } from "../../../shared/badge";
import { button, element } from "../../../shared/dom";
import type { ReviewRow } from "../contract";
import { go } from "../router";
import { ratingControls } from "./rating_controls";
import type { Ratings } from "./ratings";

export function rowBar(row: ReviewRow, ratings: Ratings, move: (step: 1 | -1) => void): HTMLElement {
  const controls = ratingControls(row, ratings);
  ratings.onChange(controls.refresh);
  return element(
    "div", { class: "row-bar" },
    button("All rows", { class: "quiet small", title: "Esc" }, () => go({ page: "review" })),
    button("‹", { class: "quiet small", title: "Key K", "aria-label": "Previous row" }, () => move(-1)),
    button("›", { class: "quiet small", title: "Key J", "aria-label": "Next row" }, () => move(1)),
    element("span", { class: "row-name" }, `${ratings.rows.indexOf(row) + 1} / ${ratings.rows.length} `, element("b", {}, row.name)), badge(row.verdict), controls.element,
  );
}
