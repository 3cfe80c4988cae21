/** Engine: runs a network with ONNX Runtime in WebAssembly; a port of `deskull.models.engine`. */

import * as ort from "onnxruntime-web/wasm";

import { AXES } from "../affine";
import { count, fromCOrder, toCOrder } from "../arrays";
import { EngineError } from "../errors";
import { checkContent } from "./cards";
import { preprocessingOf } from "../preprocessing/settings";
import type { Field, Model, Runtime, Shape } from "../types";

/** More threads than this gain little and take memory. */
const MAX_THREADS = 8;
const OPTIONS: ort.InferenceSession.SessionOptions = {
  executionProviders: ["wasm"],
  graphOptimizationLevel: "all",
  // It reserves more memory than is used, and grids vary in size.
  enableMemPattern: false,
  logSeverityLevel: 3,
};

/** A loaded network: predicts the signed distance in mm to each of its surfaces, one field for each. */
export type Network = (image: Field) => Promise<Field[]>;

const loaded = new WeakMap<Model, Promise<Network>>();

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

/** Loads a network, once for each model. */
export function loadNetwork(model: Model): Promise<Network> {
  let network = loaded.get(model);
  if (!network) {
    network = load(model);
    network.catch(() => loaded.delete(model));
    loaded.set(model, network);
  }
  return network;
}

async function load(model: Model): Promise<Network> {
  await checkContent(model);
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(model.onnx, OPTIONS);
  } catch (error) {
    throw engineError(`The network ${model.card.name} cannot be loaded`, error);
  }
  const stride = preprocessingOf(model.card).stride;
  return (image) => predict(session, model, stride, image);
}

async function predict(session: ort.InferenceSession, model: Model, stride: number, image: Field): Promise<Field[]> {
  const input = new ort.Tensor("float32", toCOrder(image.values, image.shape), [1, 1, ...image.shape]);
  let output: ort.Tensor;
  try {
    const outputs = await session.run({ [session.inputNames[0]!]: input });
    output = outputs[session.outputNames[0]!]!;
  } catch (error) {
    throw engineError("The network cannot be run on this scan", error);
  }
  const shape = AXES.map((axis) => image.shape[axis]! / stride) as unknown as Shape;
  return channels(output, [1, model.card.surfaces.length, ...shape], shape, model.card.name);
}

/** Takes the output apart, and checks it. */
function channels(output: ort.Tensor, expected: readonly number[], shape: Shape, name: string): Field[] {
  const data = output.data as Float32Array;
  if (expected.join() !== output.dims.join())
    throw new EngineError("usage", `The network ${name} gives the shape ${output.dims.join(" x ")}; export it again.`);
  if (!data.every(Number.isFinite))
    throw new EngineError("usage", `The network ${name} gives values that are not finite; use the other network.`);
  const size = count(shape);
  return Array.from({ length: expected[1]! }, (_, channel) => ({
    values: fromCOrder(data.subarray(channel * size, (channel + 1) * size), shape),
    shape,
  }));
}

/** The error for a fault of ONNX Runtime, which says so where memory ran out. */
function engineError(what: string, cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const remedy = "choose the network small, or use the command deskull";
  if (/alloc|memory/i.test(reason))
    return new EngineError("memory", `${what}: there is not enough memory; ${remedy}.`, { cause });
  return new EngineError("internal", `${what} (${reason.split("\n")[0]}).`, { cause });
}
