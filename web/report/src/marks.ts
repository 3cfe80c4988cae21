/** Marks: what a reviewer has said of each scan, kept by the browser at each change. */

import { readStored, store } from "../../shared/storage";

/** `edit` is the word of the files for what the pages call "Review". */
export const DECISIONS = ["accept", "edit", "reject"] as const;
export type Decision = (typeof DECISIONS)[number];

export interface Mark {
  /** From 1 (useless) to 5 (perfect). */
  readonly rating?: number | undefined;
  readonly decision?: Decision | undefined;
  readonly comment?: string | undefined;
  readonly reviewer?: string | undefined;
  /** Of the last change, ISO 8601. */
  readonly time: string;
}

type Change = Partial<Pick<Mark, "rating" | "decision" | "comment">>;

interface Kept {
  marks: [string, Mark][];
  reviewer: string;
  isExported: boolean;
}

/** The marks of a report. Listeners are told the name of a scan whose mark has changed, or "" for all of them. */
export class Marks {
  private marks = new Map<string, Mark>();
  private listeners: ((name: string) => void)[] = [];
  private readonly key: string;
  private name = "";
  private exported = true;
  /** Whether the browser keeps the marks. */
  isKept = true;

  constructor(reportKey: string) {
    this.key = `deskull-report:${reportKey}`;
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
    return !this.exported && this.marks.size > 0;
  }

  get size(): number {
    return this.marks.size;
  }

  of(name: string): Mark | undefined {
    return this.marks.get(name);
  }

  /** Number of scans with each decision. */
  count(decision: Decision): number {
    return [...this.marks.values()].filter((mark) => mark.decision === decision).length;
  }

  change(name: string, change: Change): void {
    const mark = { ...this.marks.get(name), ...change, reviewer: this.name || undefined, time: new Date().toISOString() };
    if (mark.rating || mark.decision || mark.comment) this.marks.set(name, mark);
    else this.marks.delete(name);
    this.exported = false;
    this.keep();
    this.tell(name);
  }

  /** Takes over marks that are newer than those of the same scans; returns their number. */
  merge(others: Iterable<[string, Mark]>): number {
    let count = 0;
    for (const [name, mark] of others) {
      if ((this.marks.get(name)?.time ?? "") >= mark.time && this.marks.has(name)) continue;
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
