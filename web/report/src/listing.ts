/** Listing: which scans are shown, in which order, on which page, and which of them is the current one. */

import type { Verdict } from "../../shared/badge";
import type { Scan } from "./data";
import type { Mark, Marks } from "./marks";

export const PAGE_SIZE = 50;

export type SortKey = "rank" | "name" | "dice" | "volume" | "review";
export type ReviewFilter = "" | "open" | "reviewed" | "accept" | "edit" | "reject" | "outdated" | "comment" | "1" | "2" | "3" | "4" | "5";
export type StateFilter = "" | Verdict | "warned" | "outlier";

export class Listing {
  text = "";
  state: StateFilter = "";
  review: ReviewFilter = "";
  sortKey: SortKey = "rank";
  isDescending = false;
  /** The scans that are shown, in their order. */
  shown: readonly Scan[] = [];
  current: Scan | undefined;
  private pageNumber = 0;
  private listeners: (() => void)[] = [];

  constructor(readonly scans: readonly Scan[], private readonly marks: Marks) {
    this.shown = scans;
    this.current = scans[0];
  }

  get page(): number {
    return this.pageNumber;
  }

  get pageCount(): number {
    return Math.max(1, Math.ceil(this.shown.length / PAGE_SIZE));
  }

  get pageScans(): readonly Scan[] {
    return this.shown.slice(this.pageNumber * PAGE_SIZE, (this.pageNumber + 1) * PAGE_SIZE);
  }

  /** Applies the filters and the order, and goes to the first page. */
  update(): void {
    const words = this.text.toLowerCase().split(/\s+/).filter(Boolean);
    const matching = this.scans.filter((scan) => this.matches(scan, words));
    this.shown = matching.sort((one, two) => compare(this.value(one), this.value(two), this.isDescending) || one.rank - two.rank);
    if (!this.current || !this.shown.includes(this.current)) this.current = this.shown[0];
    this.pageNumber = 0;
    this.tell();
  }

  /** Sorts by a column; a second time in the other direction. */
  sortBy(key: SortKey): void {
    this.isDescending = this.sortKey === key ? !this.isDescending : false;
    this.sortKey = key;
    this.update();
  }

  goTo(page: number): void {
    this.pageNumber = Math.min(Math.max(0, page), this.pageCount - 1);
    this.current = this.pageScans[0];
    this.tell();
  }

  /** Makes a scan the current one, and turns to its page. */
  select(scan: Scan): void {
    this.current = scan;
    const place = this.shown.indexOf(scan);
    if (place >= 0) this.pageNumber = Math.floor(place / PAGE_SIZE);
    this.tell();
  }

  /** Goes to the next (1) or previous (-1) of the shown scans; returns false at the end. */
  move(step: 1 | -1): boolean {
    const place = this.current ? this.shown.indexOf(this.current) : -1;
    const next = this.shown[place + step];
    if (!next || (place < 0 && step < 0)) return false;
    this.select(next);
    return true;
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  private matches(scan: Scan, words: string[]): boolean {
    const mark = this.marks.of(scan.name);
    const isReviewed = this.review === "outdated" ? this.marks.outdated(scan.name) !== undefined : matchesReview(mark, this.review);
    if (!isReviewed || !matchesState(scan, this.state)) return false;
    if (!words.length) return true;
    const text = [scan.name, ...scan.notes, mark?.comment ?? ""].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  }

  private value(scan: Scan): number | string | null {
    if (this.sortKey === "review") return this.marks.of(scan.name)?.rating ?? null;
    return scan[this.sortKey];
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Orders values; those that are not known come last in both directions. */
export function compare(one: number | string | null, two: number | string | null, isDescending: boolean): number {
  if (one === null || two === null) return Number(one === null) - Number(two === null);
  const order = typeof one === "string" || typeof two === "string" ? collator.compare(String(one), String(two)) : one - two;
  return isDescending ? -order : order;
}

const collator = new Intl.Collator("en", { numeric: true });

function matchesState(scan: Scan, state: StateFilter): boolean {
  if (state === "warned") return scan.isWarned;
  if (state === "outlier") return scan.isOutlier;
  return !state || scan.verdict === state;
}

function matchesReview(mark: Mark | undefined, review: ReviewFilter): boolean {
  if (!review) return true;
  if (review === "open") return !mark?.rating && !mark?.decision;
  if (review === "reviewed") return Boolean(mark?.rating || mark?.decision);
  if (review === "comment") return Boolean(mark?.comment);
  return mark?.decision === review || String(mark?.rating) === review;
}
