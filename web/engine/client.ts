/**
 * Client: what the page calls; the engine runs in a worker behind it.
 *
 * The network cannot be interrupted, so that `cancel` ends the worker and starts another one.
 */

import { EngineError } from "./errors";
import type { Answer, Request } from "./protocol";
import type { CalibrationFiles } from "./quality/calibration";
import type { QualityCheck } from "./quality/judging";
import type { QualityRecord } from "./quality/verdict";
import type { Estimate, Model, OnProgress, Runtime, StripOptions, StripResult, Volume } from "./types";

export interface ClientSettings {
  /** Address of the built worker. */
  readonly workerUrl: string | URL;
  readonly runtime: Runtime;
  /** Networks by name, such as `default` and `small`. */
  readonly models: Readonly<Record<string, Model>>;
  /** The network that looks at scans a second time, and what masks are judged by; needed for a quality other than "none". */
  readonly second?: Model;
  readonly calibration?: CalibrationFiles;
}

/** Options of `strip`: those of the second network follow from the quality check. */
export type ClientOptions = Omit<StripOptions, "second" | "mirror"> & {
  /** Whether the mask is judged, by default "none". */
  readonly quality?: QualityCheck;
};

/** What a scan gives on the page: the evidence stays in the worker. */
export type ClientResult = Omit<StripResult, "evidence"> & {
  /** Verdict, reasons and measures as the command's JSON has them, if the mask was judged. */
  readonly quality?: QualityRecord;
};

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: OnProgress | undefined;
}

export class EngineClient {
  readonly #settings: ClientSettings;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker;
  #lastId = 0;

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    this.#worker = this.#start();
  }

  /** Strips a scan; scans are stripped one after the other. */
  strip(volume: Volume, model: string, options: ClientOptions = {}, onProgress?: OnProgress): Promise<ClientResult> {
    return this.#ask({ type: "strip", volume, model, options }, onProgress);
  }

  /** Says what stripping a scan needs, before it starts. */
  estimate(volume: Volume, model: string): Promise<Estimate> {
    return this.#ask({ type: "estimate", volume, model });
  }

  /** Ends everything that runs; its promises are rejected with an `EngineError` of the kind "cancelled". */
  cancel(): void {
    this.#worker.terminate();
    this.#rejectAll(new EngineError("cancelled", "Stripping was cancelled."));
    this.#worker = this.#start();
  }

  /** Ends the worker for good. */
  close(): void {
    this.#worker.terminate();
    this.#rejectAll(new EngineError("cancelled", "The engine was closed."));
  }

  #start(): Worker {
    const worker = new Worker(this.#settings.workerUrl, { type: "module" });
    worker.onmessage = (event: MessageEvent<Answer>): void => this.#take(event.data);
    worker.onerror = (event): void => {
      this.#rejectAll(new EngineError("internal", `The engine stopped: ${event.message || "its program did not load"}.`));
    };
    const { runtime, models, second, calibration } = this.#settings;
    const judged = { ...(second && { second }), ...(calibration && { calibration }) };
    worker.postMessage({ type: "start", runtime, models, ...judged } satisfies Request);
    return worker;
  }

  #ask<T>(question: Question, onProgress?: OnProgress): Promise<T> {
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onProgress });
      this.#worker.postMessage({ ...question, id });
    });
  }

  #take(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    if (!pending) return;
    if (answer.type === "progress") {
      pending.onProgress?.(answer.progress);
      return;
    }
    this.#pending.delete(answer.id);
    if (answer.type === "error") pending.reject(new EngineError(answer.kind, answer.message));
    else pending.resolve(answer.value as never);
  }

  #rejectAll(error: Error): void {
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of waiting) pending.reject(error);
  }
}

type Question = Request extends infer R ? (R extends { readonly id: number } ? Omit<R, "id"> : never) : never;
