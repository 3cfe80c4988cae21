/** Queue: jobs of this page, one after the other; each can be cancelled and removed. */

import type { Listener } from "../../../app/src/backend";
import type { Job } from "../../../app/src/contract";
import type { Stripped } from "./stripping";
import type { Work } from "./work";

type Strip = (work: Work, tell: (fields: Partial<Job>) => void) => Promise<Stripped>;

export class Queue {
  private readonly works = new Map<string, Work>();
  private listener: Listener | undefined;
  private running: string | undefined;

  /** `cancel` ends what `strip` is doing. */
  constructor(private readonly strip: Strip, private readonly cancel: () => void) {}

  follow(listener: Listener): void {
    this.listener = listener;
  }

  get jobs(): Job[] {
    return [...this.works.values()].map(({ job }) => job);
  }

  get(id: string): Work {
    const work = this.works.get(id);
    if (!work) throw new Error("This scan was removed from the page; drop it again.");
    return work;
  }

  add(works: readonly Work[]): Job[] {
    for (const work of works) this.works.set(work.job.id, work);
    this.number();
    void this.next();
    return works.map(({ job }) => job);
  }

  /** Cancels a job that waits or runs, and forgets it. */
  remove(id: string): void {
    this.works.delete(id);
    if (this.running === id) this.cancel();
    this.listener?.removed(id);
    this.number();
  }

  change(work: Work, fields: Partial<Job>): void {
    work.job = { ...work.job, ...fields };
    if (this.works.has(work.job.id)) this.listener?.job(work.job);
  }

  private async next(): Promise<void> {
    if (this.running) return;
    const work = [...this.works.values()].find(({ job }) => job.state === "queued");
    if (!work) return;
    this.running = work.job.id;
    this.change(work, { position: null });
    this.number();
    try {
      const { results, fields } = await this.strip(work, (told) => this.change(work, told));
      work.results = results;
      this.change(work, fields);
    } catch (error) {
      this.change(work, { state: "failed", error: error instanceof Error ? error.message : String(error) });
    }
    this.running = undefined;
    void this.next();
  }

  /** Tells those that wait their places. */
  private number(): void {
    const waiting = [...this.works.values()].filter(({ job }) => job.state === "queued" && job.id !== this.running);
    waiting.forEach((work, at) => { if (work.job.position !== at + 1) this.change(work, { position: at + 1 }); });
  }
}
