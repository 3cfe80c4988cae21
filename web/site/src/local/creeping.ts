/** Creeping: the bar of a job, which moves while a stage runs that tells nothing in between. */

import type { Job } from "../../../app/src/contract";
import type { Progress } from "../../../engine/types";

/** Part of the whole that reading takes, as the bar shows it. */
const READING = 0.05;
const STEP_MS = 400;

/** Lets the bar move while a stage runs, which tells nothing in between: it comes near the end of the stage, and does not reach it. */
export class Creeping {
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly tell: (fields: Partial<Job>) => void) {}

  begin({ stage, done, next, seconds }: Progress): void {
    this.end();
    const begun = performance.now();
    const show = (): void => {
      const passed = 1 - Math.exp(-(performance.now() - begun) / 1000 / Math.max(seconds, 0.5));
      this.tell({ stage, fraction: READING + (1 - READING) * (done + (next - done) * passed) });
    };
    show();
    this.timer = setInterval(show, STEP_MS);
  }

  end(): void {
    clearInterval(this.timer);
  }
}
