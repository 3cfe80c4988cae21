/**
 * Build: bundles the worker for the page, and the engine as a library for node.
 *
 * `node build.mjs FOLDER` writes `engine_worker.js` and the WebAssembly files of ONNX Runtime, which the worker finds by
 * the path that it is given; `node build.mjs --library FILE` writes the library, with everything that tests call.
 */

import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const runtime = join(here, "node_modules/onnxruntime-web/dist");
const settings = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  // Without this, ONNX Runtime's program holds the address of its files.
  conditions: ["onnxruntime-web-use-extern-wasm"],
};

/** Files of ONNX Runtime that are loaded at run time. */
export const RUNTIME_FILES = ["ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"];

/** Builds the worker for a page into a folder, beside the WebAssembly files. */
export async function buildWorker(folder) {
  await mkdir(folder, { recursive: true });
  await build({ ...settings, entryPoints: { engine_worker: "worker.ts" }, minify: true, outdir: folder });
  for (const name of RUNTIME_FILES) await copyFile(join(runtime, name), join(folder, name));
}

/** Builds the library for node. */
export async function buildLibrary(file) {
  await build({ ...settings, entryPoints: ["tests/exports.ts"], platform: "node", outfile: file });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [first, second] = process.argv.slice(2);
  if (first === "--library") await buildLibrary(second);
  else await buildWorker(first ?? join(here, "build"));
}
