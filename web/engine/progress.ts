/** Progress: tells what a scan is at, and stops between two stages where that was asked for. */

import { EngineError } from "./errors";
import type { Plan } from "./estimate";
import type { OnProgress, Stage } from "./types";

export class Stages {
  readonly #order: readonly Stage[];
  readonly #onProgress: OnProgress | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #seconds: Partial<Record<Stage, number>> = {};
  #done = 0;
  #current: { readonly stage: Stage; readonly start: number } | undefined;

  constructor(order: readonly Stage[], onProgress?: OnProgress, signal?: AbortSignal) {
    this.#order = order;
    this.#onProgress = onProgress;
    this.#signal = signal;
  }

  /** Duration of each stage that has ended. */
  get seconds(): Readonly<Partial<Record<Stage, number>>> {
    return this.#seconds;
  }

  /** Begins a stage; the worker is free for messages before it does. */
  async begin(stage: Stage, plan: Plan): Promise<void> {
    this.end();
    if (this.#signal?.aborted) throw new EngineError("cancelled", "Stripping was cancelled.");
    const place = this.#order.indexOf(stage);
    const sum = (stages: readonly Stage[]): number => stages.reduce((total, each) => total + plan[each], 0);
    const whole = sum(this.#order);
    // A later plan may know better, but progress never goes back.
    const done = Math.max(this.#done, sum(this.#order.slice(0, place)) / whole);
    this.#done = done;
    this.#onProgress?.({ stage, done, next: Math.min(1, done + plan[stage] / whole), seconds: plan[stage] });
    await new Promise((resolve) => setTimeout(resolve));
    this.#current = { stage, start: performance.now() };
  }

  /** Ends the stage that runs. */
  end(): void {
    if (this.#current) this.#seconds[this.#current.stage] = (performance.now() - this.#current.start) / 1000;
    this.#current = undefined;
  }
}
