/** Worker: runs the engine for the page, one request after the other; see `client.ts` and `protocol.ts`. */

import { EngineError } from "./errors";
import { estimate } from "./estimate";
import { configure } from "./models/engine";
import { strip } from "./pipeline";
import { readCalibration, type Calibration } from "./quality/calibration";
import { judge } from "./quality/judge";
import type { ClientResult } from "./client";
import type { Answer, Request } from "./protocol";
import type { Model, StripResult } from "./types";

declare const self: DedicatedWorkerGlobalScope;

const models = new Map<string, Model>();
let calibration: Promise<Calibration> | undefined;
let last: Promise<void> = Promise.resolve();

self.onmessage = (event: MessageEvent<Request>): void => {
  const request = event.data;
  if (request.type === "start") {
    configure(request.runtime);
    for (const [name, model] of Object.entries(request.models)) models.set(name, model);
    calibration = request.calibration && readCalibration(request.calibration.table, request.calibration.file);
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
    const { second, ...options } = request.options;
    const result = await strip(
      request.volume,
      modelOf(request.model),
      { ...options, ...(second && { second: modelOf(second) }) },
      (progress) => send({ type: "progress", id, progress }),
    );
    sendResult(id, result, await calibration);
  } catch (error) {
    const { kind, message } = asEngineError(error);
    send({ type: "error", id, kind, message });
  }
}

/** Sends a result without its evidence; its arrays are handed over, not copied. */
function sendResult(id: number, { evidence, ...stripped }: StripResult, calibration?: Calibration): void {
  const quality = calibration && judge({ ...stripped, ...(evidence && { evidence }) }, calibration);
  const value = { ...stripped, ...(quality && { quality }) };
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
