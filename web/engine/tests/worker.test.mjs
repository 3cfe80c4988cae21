/**
 * Worker: the client and the worker in a browser give the masks of Python, with threads where the page is isolated.
 *
 * SCANS is a folder with `toy.onnx`, `toy.json`, `scan.json`, `scan.bin` (int16) and `mask.bin`, of Python.
 */

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { buildWorker } from "../build.mjs";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const ISOLATION = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

let folder;
let browser;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "engine-"));
  await buildWorker(folder);
  await cp(process.env.SCANS, folder, { recursive: true });
  await build({ entryPoints: [join(dirname(fileURLToPath(import.meta.url)), "../client.ts")], bundle: true, format: "esm", outdir: folder });
  await writeFile(join(folder, "index.html"), "<!doctype html><title>Engine</title>");
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: ["--no-sandbox", "--disable-gpu"] });
});

after(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

/** Opens a page with a client (`client`) and a scan (`volume`); `requests` are those to other places. */
async function openPage(headers) {
  const server = createServer(async (request, response) => {
    const name = new URL(request.url, "http://localhost").pathname.slice(1) || "index.html";
    const body = await readFile(join(folder, name)).catch(() => undefined);
    response.writeHead(body ? 200 : 404, { "Content-Type": TYPES[extname(name)] ?? "application/octet-stream", ...headers });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${server.address().port}/`;
  const page = await browser.newPage();
  const requests = [];
  page.on("request", (request) => { if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(address)) requests.push(request.url()); });
  await page.goto(address);
  await page.evaluate(async (base) => {
    const { EngineClient } = await import(`${base}client.js`);
    const read = async (name) => (await fetch(base + name)).arrayBuffer();
    const json = async (name) => (await fetch(base + name)).json();
    const toy = { onnx: new Uint8Array(await read("toy.onnx")), card: await json("toy.json") };
    globalThis.client = new EngineClient({ workerUrl: `${base}engine_worker.js`, runtime: { wasmPaths: base }, models: { toy } });
    globalThis.volume = { ...(await json("scan.json")), values: new Int16Array(await read("scan.bin")) };
  }, address);
  return { page, requests, close: async () => { await page.close(); server.close(); } };
}

/** Strips the scan in the page. */
function strip(page) {
  return page.evaluate(async () => {
    const stages = [];
    const result = await client.strip(volume, "toy", {}, ({ stage }) => stages.push(stage));
    return { mask: [...result.mask], stages, threads: result.threads, values: volume.values.length };
  });
}

async function assertMask(found) {
  const expected = await readFile(join(folder, "mask.bin"));
  const differing = found.mask.filter((inside, voxel) => inside !== expected[voxel]).length;
  assert.ok(differing < 5e-4 * expected.reduce((sum, inside) => sum + inside, 0), `${differing} voxels differ`);
}

for (const [name, headers] of [["isolated", ISOLATION], ["not isolated", {}]]) {
  test(`a page that is ${name} gets the mask of Python, and asks no other place`, async () => {
    const { page, requests, close } = await openPage(headers);
    const found = await strip(page);
    await assertMask(found);
    const cores = await page.evaluate(() => navigator.hardwareConcurrency);
    assert.equal(found.threads, headers === ISOLATION ? Math.min(8, cores) : 1);
    assert.deepEqual(found.stages, ["load", "conform", "network", "resample"]);
    assert.deepEqual(requests, []);
    await close();
  });
}

test("cancelling rejects what runs, and the next scan is stripped", async () => {
  const { page, close } = await openPage(ISOLATION);
  const kind = await page.evaluate(async () => {
    const stripping = client.strip(volume, "toy");
    client.cancel();
    return stripping.then(() => "stripped", (error) => error.kind);
  });
  assert.equal(kind, "cancelled");
  await assertMask(await strip(page));
  await close();
});

test("a scan that shows nothing is refused in a sentence", async () => {
  const { page, close } = await openPage({});
  const error = await page.evaluate(() =>
    client.strip({ ...volume, values: new Int16Array(volume.values.length), name: "empty" }, "toy").catch(({ kind, message }) => ({ kind, message })));
  assert.deepEqual(error, { kind: "input", message: "empty: every voxel has the same value; give a scan that shows a head." });
  await close();
});
