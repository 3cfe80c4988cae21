/** Jobs: the queue as the backend tells it, kept up to date by its events. */

import { api } from "./backend";
import type { Job, State } from "./contract";

type Listener = (changed: Job | undefined) => void;

const ENDED = ["done", "failed", "cancelled"];

export class Jobs {
  private readonly byId = new Map<string, Job>();
  private readonly listeners = new Set<Listener>();
  /** Whether the backend can be reached. */
  isConnected = true;

  constructor(state: State) {
    for (const job of state.jobs) this.byId.set(job.id, job);
  }

  /** All jobs, the newest first. */
  get all(): Job[] {
    return [...this.byId.values()].sort((one, two) => two.created.localeCompare(one.created));
  }

  get(id: string): Job | undefined {
    return this.byId.get(id);
  }

  put(job: Job): void {
    this.byId.set(job.id, job);
    this.tell(job);
  }

  drop(id: string): void {
    if (this.byId.delete(id)) this.tell(undefined);
  }

  /** Calls a function at each change, with the job unless one was removed; returns what ends that. */
  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Waits until a job has ended. */
  ended(id: string): Promise<Job> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const job = this.byId.get(id);
        if (job && !ENDED.includes(job.state)) return;
        stop();
        if (job?.state === "done") resolve(job);
        else reject(new Error(job?.error ?? "The job was removed before it was done."));
      };
      const stop = this.onChange(look);
      look();
    });
  }

  /** Listens to the backend. */
  follow(): void {
    api.follow({
      jobs: (jobs) => this.replace(jobs),
      job: (job) => this.put(job),
      removed: (id) => this.drop(id),
      lost: () => {
        this.isConnected = false;
        this.tell(undefined);
      },
    });
  }

  /** Takes over the whole queue, as it is after a break of the connection. */
  private replace(jobs: Job[]): void {
    const changed = jobs.filter((job) => JSON.stringify(job) !== JSON.stringify(this.byId.get(job.id)));
    this.isConnected = true;
    this.byId.clear();
    for (const job of jobs) this.byId.set(job.id, job);
    for (const job of [...changed, undefined]) this.tell(job);
  }

  private tell(job: Job | undefined): void {
    for (const listener of [...this.listeners]) listener(job);
  }
}
