/** Marks: what a reviewer has said of each scan, kept by the browser at each change. */

import { readStored, store } from "../../shared/storage";
import type { Report } from "./data";

/** `edit` is the word of the files for what the pages call "Review". */
export const DECISIONS = ["accept", "edit", "reject"] as const;
export type Decision = (typeof DECISIONS)[number];

export interface Mark {
  /** From 1 (useless) to 5 (perfect). */
  readonly rating?: number | undefined;
  readonly decision?: Decision | undefined;
  readonly comment?: string | undefined;
  readonly reviewer?: string | undefined;
  /** Of the mask that it is about, in ml; null without a mask, undefined if that is not known. */
  readonly volume?: number | null | undefined;
  /** Of the last change, ISO 8601. */
  readonly time: string;
}

type Change = Partial<Pick<Mark, "rating" | "decision" | "comment">>;

interface Kept {
  marks: [string, Mark][];
  reviewer: string;
  isExported: boolean;
}

/**
 * The marks of a report. A report that takes its place has the same marks, but for those of scans whose masks have changed:
 * they are outdated, until the scan is marked again. Listeners are told the name of a scan whose mark has changed, or "" for all
 * of them.
 */
export class Marks {
  private marks = new Map<string, Mark>();
  private listeners: ((name: string) => void)[] = [];
  private readonly key: string;
  private readonly volumes: ReadonlyMap<string, number | null>;
  private name = "";
  private exported = true;
  /** Whether the browser keeps the marks. */
  isKept = true;

  constructor(report: Report) {
    this.key = `deskull-report:${report.key}`;
    this.volumes = new Map(report.scans.map((scan) => [scan.name, scan.volume]));
    this.load();
    addEventListener("storage", (event) => {
      if (event.key === this.key) this.load(); // another window of the same report
    });
  }

  get reviewer(): string {
    return this.name;
  }

  set reviewer(name: string) {
    this.name = name.trim();
    this.keep();
  }

  /** Whether there are marks that no exported file holds. */
  get needsExport(): boolean {
    return !this.exported && this.size > 0;
  }

  get size(): number {
    return this.count(() => true);
  }

  /** The mark of a scan's present mask. */
  of(name: string): Mark | undefined {
    const mark = this.marks.get(name);
    return mark && this.fits(name, mark) ? mark : undefined;
  }

  /** The mark of an earlier mask of a scan. */
  outdated(name: string): Mark | undefined {
    const mark = this.marks.get(name);
    return mark && !this.fits(name, mark) ? mark : undefined;
  }

  /** Whether a mark is about the present mask of a scan; yes if the mark does not tell. */
  fits(name: string, mark: Mark): boolean {
    return mark.volume === undefined || mark.volume === this.volumes.get(name);
  }

  /** Number of the report's scans with marks of some kind. */
  count(isCounted: (mark: Mark) => boolean): number {
    return [...this.volumes.keys()].filter((name) => {
      const mark = this.of(name);
      return mark !== undefined && isCounted(mark);
    }).length;
  }

  /** Number of the report's scans with outdated marks. */
  get outdatedCount(): number {
    return [...this.volumes.keys()].filter((name) => this.outdated(name)).length;
  }

  change(name: string, change: Change): void {
    const about = { volume: this.volumes.get(name), reviewer: this.name || undefined, time: new Date().toISOString() };
    const mark = { ...this.of(name), ...change, ...about };
    if (mark.rating || mark.decision || mark.comment) this.marks.set(name, mark);
    else this.marks.delete(name);
    this.exported = false;
    this.keep();
    this.tell(name);
  }

  /** Takes over marks that are newer than those of the same masks; returns their number. */
  merge(others: Iterable<[string, Mark]>): number {
    let count = 0;
    for (const [name, mark] of others) {
      const own = this.of(name);
      if (own && own.time >= mark.time) continue;
      this.marks.set(name, mark);
      count += 1;
    }
    this.keep();
    this.tell("");
    return count;
  }

  markExported(): void {
    this.exported = true;
    this.keep();
    this.tell("");
  }

  onChange(listener: (name: string) => void): void {
    this.listeners.push(listener);
  }

  private keep(): void {
    const kept: Kept = { marks: [...this.marks], reviewer: this.name, isExported: this.exported };
    this.isKept = store(this.key, JSON.stringify(kept));
  }

  private load(): void {
    try {
      const kept = JSON.parse(readStored(this.key) ?? "null") as Kept | null;
      if (!kept) return;
      this.marks = new Map(kept.marks);
      this.name = kept.reviewer;
      this.exported = kept.isExported;
    } catch {
      return; // not what this page has written
    }
    this.tell("");
  }

  private tell(name: string): void {
    for (const listener of this.listeners) listener(name);
  }
}
