/** Ratings: the rows of a review with what was said of them, saved by the server at each change. */

import { api } from "../backend";
import type { ReviewRow } from "../contract";
import { Observable } from "../observable";

/** As the server is told them; in the table of ratings, `review` is called `edit`. */
export const DECISIONS = ["accept", "review", "reject"] as const;
export type Decision = (typeof DECISIONS)[number];
export const SCALE = ["1", "2", "3", "4", "5"] as const;

export class Ratings extends Observable {
  currentId: string | undefined;
  /** The request that is under way: the next waits for it, so that they arrive in their order. */
  private saving: Promise<unknown> = Promise.resolve();

  /** `rows` are in the order "worst first". */
  constructor(readonly rows: ReviewRow[], private readonly complain: (sentence: string) => void) {
    super();
    this.currentId = rows[0]?.id;
  }

  get current(): ReviewRow | undefined {
    return this.rows.find((row) => row.id === this.currentId);
  }

  get nRated(): number {
    return this.rows.filter((row) => row.rating).length;
  }

  row(id: string): ReviewRow | undefined {
    return this.rows.find((row) => row.id === id);
  }

  select(id: string): void {
    this.currentId = id;
    this.tell();
  }

  /** Goes to the next row, or the one before; returns whether there is one. */
  move(step: 1 | -1): boolean {
    const at = this.rows.findIndex((row) => row.id === this.currentId);
    const next = this.rows[at + step];
    if (next) this.select(next.id);
    return next !== undefined;
  }

  /** Changes a row at once, and takes that back if the server does not save it. */
  async change(row: ReviewRow, change: Partial<Pick<ReviewRow, "rating" | "comment">>): Promise<void> {
    const before = { rating: row.rating, comment: row.comment };
    Object.assign(row, change);
    this.tell();
    try {
      const { rating, comment } = row;
      const saved = this.saving.then(() => api.rate(row.id, rating, comment));
      this.saving = saved.catch(() => undefined);
      await saved;
    } catch (error) {
      Object.assign(row, before);
      this.tell();
      this.complain(`${row.name}: not saved. ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
