/** Runtime: ONNX Runtime in WebAssembly; a port of `deskull.models.runtime`. */

import * as ort from "onnxruntime-web/wasm";

import { EngineError } from "../errors";
import type { Runtime } from "../types";

/** More threads than this gain little and take memory. */
const MAX_THREADS = 8;
const OPTIONS: ort.InferenceSession.SessionOptions = {
  executionProviders: ["wasm"],
  graphOptimizationLevel: "all",
  // It reserves more memory than is used, and grids vary in size.
  enableMemPattern: false,
  logSeverityLevel: 3,
};

/** A loaded file: takes an array in C order with its shape, and gives its outputs by their names. */
export type Session = (values: Float32Array, shape: readonly number[]) => Promise<Readonly<Record<string, Output>>>;

/** What a network gives: values in C order. */
export interface Output {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Chooses where ONNX Runtime finds its WebAssembly files, and its threads; before the first network is loaded. */
export function configure(runtime: Runtime): void {
  ort.env.wasm.wasmPaths = typeof runtime.wasmPaths === "string" ? runtime.wasmPaths : { ...runtime.wasmPaths };
  ort.env.wasm.numThreads = availableThreads(runtime.threads);
}

/** Number of threads that the network uses: one where the page is not isolated from others, which threads need. */
export function threads(): number {
  return ort.env.wasm.numThreads ?? 1;
}

/** Version of ONNX Runtime. */
export function runtimeVersion(): string {
  return ort.env.versions.web ?? ort.env.versions.common;
}

function availableThreads(wanted = MAX_THREADS): number {
  const cores = globalThis.crossOriginIsolated ? (globalThis.navigator?.hardwareConcurrency ?? 1) : 1;
  return Math.max(1, Math.min(wanted, cores, MAX_THREADS));
}

/** A function that loads what belongs to a key once, and again where that has failed. */
export function loadingOnce<Key extends object, Value>(load: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const loaded = new WeakMap<Key, Promise<Value>>();
  return (key) => {
    const known = loaded.get(key);
    if (known) return known;
    const loading = load(key);
    loading.catch(() => loaded.delete(key));
    loaded.set(key, loading);
    return loading;
  };
}

/** Loads a network of one input from its ONNX file. */
export async function loadSession(onnx: Uint8Array, name: string): Promise<Session> {
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(onnx, OPTIONS);
  } catch (error) {
    throw engineError(`The network ${name} cannot be loaded`, error);
  }
  return (values, shape) => run(session, new ort.Tensor("float32", values, shape));
}

async function run(session: ort.InferenceSession, input: ort.Tensor): Promise<Record<string, Output>> {
  try {
    const outputs = Object.entries(await session.run({ [session.inputNames[0]!]: input }));
    return Object.fromEntries(outputs.map(([name, { data, dims }]) => [name, { data: data as Float32Array, shape: dims }]));
  } catch (error) {
    throw engineError("The network cannot be run on this scan", error);
  }
}

/** The error for a fault of ONNX Runtime, which says so where memory ran out. */
function engineError(what: string, cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const remedy = "choose the network small, or use the command deskull";
  if (/alloc|memory/i.test(reason))
    return new EngineError("memory", `${what}: there is not enough memory; ${remedy}.`, { cause });
  return new EngineError("internal", `${what} (${reason.split("\n")[0]}).`, { cause });
}
