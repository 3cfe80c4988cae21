/** Rating controls: decision, rating and comment of a row. */

import { element } from "../../../shared/dom";
import type { ReviewRow } from "../contract";
import { segmented } from "../segmented";
import { DECISIONS, SCALE, type Decision, type Ratings } from "./ratings";

const LABELS: Record<Decision, [string, string]> = { accept: ["Accept", "Key A"], review: ["Review", "Key E: look again or edit before use"], reject: ["Reject", "Key R"] };
const MEANINGS = ["useless", "poor", "usable", "good", "perfect"];

export interface Controls {
  readonly element: HTMLElement;
  refresh(): void;
}

export function ratingControls(row: ReviewRow, ratings: Ratings): Controls {
  const toggle = (value: string): void => void ratings.change(row, { rating: row.rating === value ? "" : value });
  const decisions = segmented<string>(`Decision on ${row.name}`, DECISIONS.map((value) => [value, ...LABELS[value]] as const), () => row.rating, toggle);
  const scale = segmented<string>(`Rating of ${row.name}`, SCALE.map((value, at) => [value, value, `${MEANINGS[at]} (key ${value})`] as const), () => row.rating, toggle);
  decisions.element.classList.add("decisions");
  const comment = element("input", { type: "text", class: "comment field", placeholder: "Comment", "aria-label": `Comment on ${row.name}`, maxlength: 1000 });
  comment.addEventListener("change", () => void ratings.change(row, { comment: comment.value.trim() }));
  const refresh = (): void => {
    decisions.refresh();
    scale.refresh();
    if (comment !== document.activeElement) comment.value = row.comment;
  };
  refresh();
  return { element: element("div", { class: "controls" }, decisions.element, scale.element, comment), refresh };
}
