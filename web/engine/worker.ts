/** Worker: runs the engine for the page, one request after the other; see `client.ts` and `protocol.ts`. */

import { EngineError } from "./errors";
import { estimate } from "./estimate";
import { configure } from "./models/engine";
import type { ClientResult } from "./client";
import type { Answer, Request } from "./protocol";
import { Judging, type JudgedResult } from "./quality/judging";
import type { Model, Progress } from "./types";

declare const self: DedicatedWorkerGlobalScope;

const models = new Map<string, Model>();
let judging = new Judging(undefined, undefined);
let last: Promise<void> = Promise.resolve();

self.onmessage = (event: MessageEvent<Request>): void => {
  const request = event.data;
  if (request.type === "start") {
    configure(request.runtime);
    for (const [name, model] of Object.entries(request.models)) models.set(name, model);
    judging = new Judging(request.second, request.calibration);
  } else {
    last = last.then(() => answer(request));
  }
};

type Question = Exclude<Request, { readonly type: "start" }>;

async function answer(request: Question): Promise<void> {
  const { id } = request;
  try {
    if (request.type === "estimate") {
      send({ type: "result", id, value: estimate(request.volume, modelOf(request.model).card) });
      return;
    }
    const { quality = "none", ...options } = request.options;
    const tell = (progress: Progress): void => send({ type: "progress", id, progress });
    const result = await judging.strip(request.volume, modelOf(request.model), options, quality, tell);
    sendResult(id, result);
  } catch (error) {
    const { kind, message } = asEngineError(error);
    send({ type: "error", id, kind, message });
  }
}

/** Sends a result without its evidence; its arrays are handed over, not copied. */
function sendResult(id: number, { evidence: _, ...value }: JudgedResult): void {
  const surfaces = [value, ...(value.intracranial ? [value.intracranial] : [])];
  const buffers = surfaces.flatMap(({ mask, distance }) => [mask.buffer, distance.buffer]);
  send({ type: "result", id, value: value satisfies ClientResult }, buffers);
}

function modelOf(name: string): Model {
  const model = models.get(name);
  if (!model) throw new EngineError("usage", `There is no network ${name}; choose ${[...models.keys()].join(" or ")}.`);
  return model;
}

/** Faults that are not the engine's own: memory that is not there is said, the rest is a fault to report. */
function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  if (error instanceof RangeError)
    return new EngineError("memory", "There is not enough memory for this scan; use the command deskull.", { cause: error });
  const reason = error instanceof Error ? error.message : String(error);
  return new EngineError("internal", `The engine failed: ${reason}.`, { cause: error });
}

function send(message: Answer, transfer: ArrayBufferLike[] = []): void {
  self.postMessage(message, transfer as ArrayBuffer[]);
}
