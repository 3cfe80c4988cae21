/** Filters: the bar above the table with search, filters, pages, and the review's files. */

import { VERDICTS, verdictLabel } from "../../shared/badge";
import type { Scan } from "./data";
import { button, byId, element } from "../../shared/dom";
import { count } from "./format";
import { PAGE_SIZE, type Listing, type ReviewFilter, type StateFilter } from "./listing";
import type { Marks } from "./marks";
import { contourButton } from "./pictures";

const REVIEWS: [ReviewFilter, string][] = [
  ["", "All reviews"], ["open", "Not reviewed"], ["reviewed", "Reviewed"], ["accept", "Accepted"], ["edit", "To review again"],
  ["reject", "Rejected"], ["outdated", "Outdated: the mask has changed"], ["comment", "With a comment"], ["1", "Rating 1"], ["2", "Rating 2"], ["3", "Rating 3"],
  ["4", "Rating 4"], ["5", "Rating 5"],
];

/** Makes the bar; returns the function that shows the present state of the listing in it. */
export function makeFilters(place: HTMLElement, listing: Listing, marks: Marks, reviewTools: HTMLElement): () => void {
  const search = element("input", { type: "search", id: "search", placeholder: "Search  ( / )", "aria-label": "Search" });
  search.addEventListener("input", () => {
    listing.text = search.value;
    listing.update();
  });
  const state = select("Verdict", states(listing.scans), (value) => {
    listing.state = value;
    listing.update();
  });
  const review = select("Review", REVIEWS, (value) => {
    listing.review = value;
    listing.update();
  });
  const shown = element("span", { class: "pale shown-count" });
  const pages = pager(listing);
  const bar = element("div", { class: "bar" }, search, state, review, contourButton(), shown, pages.element, reviewTools);
  const below = pager(listing);
  place.append(bar);
  byId("table").after(element("div", { class: "bar below" }, below.element));
  return () => {
    const all = count(listing.scans.length, "scan");
    shown.textContent = listing.shown.length === listing.scans.length ? all : `${listing.shown.length.toLocaleString("en")} of ${all}`;
    shown.classList.toggle("hidden", listing.pageCount > 1); // the pages say it, too
    state.value = listing.state;
    review.value = listing.review;
    pages.refresh();
    below.refresh();
    reviewTools.classList.toggle("unsaved", marks.needsExport);
  };
}

/** The verdicts that occur, with the numbers of their scans. */
function states(scans: readonly Scan[]): [StateFilter, string][] {
  const options: [StateFilter, string, number][] = VERDICTS.map((verdict) => [
    verdict, verdictLabel(verdict), scans.filter((scan) => scan.verdict === verdict).length,
  ]);
  options.push(["warned", "With warnings", scans.filter((scan) => scan.isWarned).length]);
  options.push(["outlier", "Volume outliers", scans.filter((scan) => scan.isOutlier).length]);
  const occurring = options.filter(([, , number]) => number > 0);
  return [["", "All verdicts"], ...occurring.map(([value, label, number]): [StateFilter, string] => [value, `${label} (${number})`])];
}

function select<T extends string>(label: string, options: [T, string][], onChange: (value: T) => void): HTMLSelectElement {
  const made = element("select", { "aria-label": label }, ...options.map(([value, text]) => element("option", { value }, text)));
  made.addEventListener("change", () => onChange(made.value as T));
  return made;
}

function pager(listing: Listing): { element: HTMLElement; refresh: () => void } {
  const text = element("span", { class: "pale" });
  const turn = (step: number): void => {
    listing.goTo(listing.page + step);
    byId("scans").scrollIntoView();
  };
  const previous = button("‹", { class: "quiet", "aria-label": "Previous page" }, () => turn(-1));
  const next = button("›", { class: "quiet", "aria-label": "Next page" }, () => turn(1));
  const made = element("div", { class: "pager", role: "group", "aria-label": "Pages" }, previous, text, next);
  const refresh = (): void => {
    const first = listing.page * PAGE_SIZE;
    const last = Math.min(first + PAGE_SIZE, listing.shown.length);
    text.textContent = `${first + 1}–${last} of ${listing.shown.length.toLocaleString("en")}`;
    previous.disabled = listing.page === 0;
    next.disabled = listing.page >= listing.pageCount - 1;
    made.hidden = listing.pageCount < 2;
  };
  return { element: made, refresh };
}
