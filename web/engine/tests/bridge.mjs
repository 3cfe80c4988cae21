/**
 * Bridge: calls functions of the engine for Python, which compares what they return with its own.
 *
 * `node bridge.mjs LIBRARY FOLDER` reads one call a line, `{"function": "grid.toNative", "arguments": [...]}`, and answers
 * each with a line, `{"value": ...}` or `{"error": {"kind": ..., "message": ...}}`. Arrays are files: in the JSON they are
 * `{"$array": "int16", "file": "path"}`.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [library, folder] = process.argv.slice(2);
const engine = await import(pathToFileURL(resolve(library)));
const TYPES = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
};
const NAMES = new Map(Object.entries(TYPES).map(([name, type]) => [type, name]));
let nFiles = 0;

function decoded(_key, value) {
  if (!value?.$array) return value;
  const bytes = readFileSync(value.file);
  return new TYPES[value.$array](bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function encoded(_key, value) {
  if (!ArrayBuffer.isView(value)) return value;
  const file = join(folder, `result${nFiles++}.bin`);
  writeFileSync(file, new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  return { $array: NAMES.get(value.constructor), file };
}

/** Models are loaded once: the same arguments give the same object. */
const models = new Map();
function model({ onnx, card }) {
  if (!models.has(onnx)) models.set(onnx, { onnx: readFileSync(onnx), card: JSON.parse(readFileSync(card)) });
  return models.get(onnx);
}

const extra = {
  strip: async (volume, files, options, quality) => {
    const settings = quality ? { ...options, quality: { ...quality, second: model(quality.second) } } : options;
    const stages = [];
    const result = await engine.pipeline.strip(volume, model(files), settings, (progress) => stages.push(progress));
    return { ...result, stages };
  },
  stripAndJudge: async (volume, files, second, calibration, options, check) => {
    const judging = new engine.judging.Judging(second && model(second), calibration ?? undefined);
    return judging.strip(volume, model(files), options, check);
  },
  memory: () => process.resourceUsage().maxRSS / 1024,
  versions: () => ({ node: process.versions.node, "onnxruntime-web": engine.runtime.runtimeVersion() }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line, decoded);
  const target = call.function.split(".").reduce((found, name) => found?.[name], { ...engine, ...extra });
  let answer;
  try {
    answer = { value: (await target(...call.arguments)) ?? null };
  } catch (error) {
    answer = { error: { kind: error.kind ?? "internal", message: error.message ?? String(error), stack: error.stack } };
  }
  process.stdout.write(`${JSON.stringify(answer, encoded)}\n`);
}
