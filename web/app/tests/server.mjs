/** Server: answers as the server of `deskull serve` does, with scans that were stripped before. */

import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const ASSETS = join(root, "src/deskull/web/assets");
const OF_REPORT = join(root, "src/deskull/report/assets");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain" };
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; " +
  "connect-src 'self' data: blob:; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
export const TOKEN = "secret";
const STAGES = ["read", "conform", "network", "resample", "quality", "mask", "write"];

/** Starts a server; `scans` is a folder with a folder for each scan. Returns what it holds, to be looked at. */
export async function startServer(scans, { review = false, root: hasRoot = false, stepMs = 60 } = {}) {
  const held = { jobs: new Map(), uploads: new Map(), edits: new Map(), ratings: new Map(), streams: new Set(), scans, stepMs, review, hasRoot, deleted: [], n: 0 };
  const server = createServer((request, response) => {
    answer(held, request, response).catch((error) => send(response, 500, { error: String(error) }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const address = `http://127.0.0.1:${server.address().port}/`;
  return { held, address, close: () => { server.closeAllConnections(); server.close(); } };
}

async function answer(held, request, response) {
  const url = new URL(request.url, "http://x");
  const parts = url.pathname.split("/").slice(1).map(decodeURIComponent);
  if (parts[0] !== "api") return sendAsset(response, url.pathname);
  if (request.method !== "GET" && request.headers["x-deskull"] !== "1") return send(response, 403, { error: "The header is missing." });
  if (parts[1] === "session") return openSession(request, response);
  if (!/deskull=secret/.test(request.headers.cookie ?? "")) return send(response, 401, { error: "Open the address with its token." });
  const handler = { state: getState, events: getEvents, uploads, folder: getFolder, jobs, review }[parts[1]];
  return handler ? handler(held, request, response, parts.slice(2), url.searchParams) : send(response, 404, { error: "No such thing." });
}

async function openSession(request, response) {
  const { token } = await json(request);
  if (token !== TOKEN) return send(response, 401, { error: "The token is wrong; use the address that was printed." });
  response.setHeader("Set-Cookie", "deskull=secret; HttpOnly; SameSite=Strict; Path=/");
  return send(response, 204);
}

async function getState(held, request, response) {
  const models = [{ name: "default", description: "T1w, T2w, FLAIR, PD, CT; all ages.", surfaces: ["brain", "intracranial"], default_border_mm: { brain: 0.6, intracranial: 0 } }];
  const limits = { file_bytes: 2e9, files: 5000, queue: 20 };
  const notice = "For research; not a medical device, not for diagnosis or treatment.";
  send(response, 200, { version: "1.0.0", notice, limits, root: held.hasRoot, review: held.review, models, jobs: [...held.jobs.values()] });
}

function getEvents(held, request, response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  response.write(`retry: 100\nevent: jobs\ndata: ${JSON.stringify([...held.jobs.values()])}\n\n`);
  held.streams.add(response);
  request.on("close", () => held.streams.delete(response));
}

async function uploads(held, request, response, [id, what], search) {
  if (!id) {
    const upload = `u${++held.n}`;
    held.uploads.set(upload, []);
    return send(response, 201, { upload });
  }
  const names = held.uploads.get(id);
  if (!names) return send(response, 404, { error: "This upload is gone; send the files again." });
  if (what === "files") {
    await bodyOf(request);
    names.push(search.get("name"));
    return send(response, 204);
  }
  if (what === "done") return send(response, 200, { choices: names.flatMap(choicesIn) });
  held.uploads.delete(id);
  return send(response, 204);
}

function choicesIn(name) {
  const choice = (id, label, kind, note = "") => ({ id: `${name}|${id}`, label, kind, n_files: 1, shape: [192, 192, 160], note });
  if (name.endsWith(".zip")) return [choice(1, "T1 MPRAGE sagittal", "dicom series"), choice(2, "Localizer <b>3 planes</b>", "dicom series", "few slices")];
  return /\.nii(\.gz)?$/.test(name) ? [choice(0, name, "image")] : [];
}

async function getFolder(held, request, response, parts, search) {
  const path = search.get("path") ?? "";
  if (!held.hasRoot) return send(response, 404, { error: "The server was started without --root." });
  if (path) return send(response, 200, { path, folders: [], files: [{ name: "sub-01_T1w.nii.gz", bytes: 9_400_000 }] });
  return send(response, 200, { path: "", folders: ["sub-01"], files: [{ name: "flipped.nii.gz", bytes: 12_000 }] });
}

async function jobs(held, request, response, [id, what, which], search) {
  if (!id) return postJobs(held, request, response);
  const job = held.jobs.get(id);
  if (!job) return send(response, 404, { error: "This scan is not on the server any more." });
  if (!what) return removeJob(held, response, job);
  if (what === "edit") return edit(held, request, response, job, search);
  if (what === "volumes") return sendVolume(held, response, job, which);
  if (what === "download") return sendDownload(held, response, job, which, search);
  return send(response, 404, { error: "No such thing." });
}

async function postJobs(held, request, response) {
  const { demo, choices, paths, options = {} } = await json(request);
  const names = demo ? ["demo_T1w.nii.gz"] : (paths ?? choices.map((choice) => choice.split("|")[0]));
  const made = await Promise.all(names.map((name) => makeJob(held, name.split("/").at(-1), options)));
  for (const job of made) void run(held, job);
  send(response, 201, { jobs: made });
}

/** Makes a job with the facts of the scan of its name, or of the head. */
export async function makeJob(held, name, options = {}, state = "queued") {
  const folder = ["oblique", "permuted", "flipped"].find((one) => name.startsWith(one)) ?? "head";
  const facts = JSON.parse(await readFile(join(held.scans, folder, "job.json"), "utf8"));
  const job = {
    stage: null, fraction: 0, error: null, position: 1, surface: "brain", has_distance: true, has_edit: false, ...facts,
    id: `j${++held.n}`, name, state, created: new Date(Date.UTC(2030, 0, 1, 12, 0, held.n)).toISOString(), options: { model: "default", ...options },
    command: name.startsWith("demo") ? "deskull demo" : `deskull strip ${name.includes(" ") ? `'${name}'` : name} --border ${facts.border_mm}`,
  };
  Object.defineProperty(job, "folder", { value: folder });
  held.jobs.set(job.id, job);
  return job;
}

async function run(held, job) {
  for (const [at, stage] of STAGES.entries()) {
    await new Promise((resolve) => setTimeout(resolve, held.stepMs));
    if (!held.jobs.has(job.id)) return;
    Object.assign(job, { state: "running", position: null, stage, fraction: at / STAGES.length });
    tell(held, "job", job);
  }
  const isBad = job.name.includes("bad");
  Object.assign(job, { state: isBad ? "failed" : "done", fraction: 1, error: isBad ? `${job.name}: no brain found; check that the scan shows a head.` : null });
  tell(held, "job", job);
}

function removeJob(held, response, job) {
  held.jobs.delete(job.id);
  held.deleted.push(job.id);
  tell(held, "removed", { id: job.id });
  send(response, 204);
}

async function edit(held, request, response, job, search) {
  if (request.method === "DELETE") {
    held.edits.delete(job.id);
    job.has_edit = false;
    return send(response, 204);
  }
  const voxels = gunzipSync(await bodyOf(request));
  const base = gunzipSync(await readFile(join(held.scans, job.folder, "mask.nii.gz"))).subarray(352);
  if (voxels.length !== base.length) return send(response, 422, { error: "The edit does not fit the scan." });
  const differing = [...voxels.keys()].filter((at) => voxels[at] !== base[at]);
  const editor = request.headers["x-deskull-editor"];
  held.edits.set(job.id, { voxels, base, differing, editor, history: JSON.parse(request.headers["x-deskull-history"]), search: Object.fromEntries(search) });
  job.has_edit = true;
  tell(held, "job", job);
  return send(response, 200, { added_voxels: differing.filter((at) => voxels[at]).length, removed_voxels: differing.filter((at) => !voxels[at]).length, edits: 1 });
}

async function sendVolume(held, response, job, which) {
  if (which !== "edited") return sendFile(response, join(held.scans, job.folder, `${which}.nii.gz`), "application/octet-stream");
  const saved = held.edits.get(job.id);
  if (!saved) return send(response, 404, { error: "There is no edit." });
  const header = gunzipSync(await readFile(join(held.scans, job.folder, "mask.nii.gz"))).subarray(0, 352);
  response.writeHead(200, { "Content-Type": "application/octet-stream" });
  return response.end(Buffer.concat([header, saved.voxels]));
}

function sendDownload(held, response, job, which, search) {
  const stem = job.name.replace(/\.nii(\.gz)?$/, "");
  const names = { mask: `${stem}_brainmask.nii.gz`, brain: `${stem}_brain.nii.gz`, distance: `${stem}_distance.nii.gz` };
  response.setHeader("Content-Disposition", `attachment; filename="${names[which] ?? `${stem}_${which}`}"`);
  held.lastDownload = { which, ...Object.fromEntries(search) };
  if (!names[which]) return send(response, 200, job.quality);
  return sendFile(response, join(held.scans, job.folder, `${which === "brain" ? "scan" : which}.nii.gz`), "application/octet-stream");
}

async function review(held, request, response, [id, what]) {
  if (!held.review) return send(response, 404, { error: "The server was started without --review." });
  if (!id) return send(response, 200, { columns: [], rows: rows(held) });
  if (what === "open") {
    const job = { ...(await makeJob(held, id, {}, "done")), has_distance: id !== "permuted.nii.gz" };
    Object.defineProperty(job, "folder", { value: held.jobs.get(job.id).folder });
    held.jobs.set(job.id, job);
    return send(response, 201, { job });
  }
  held.ratings.set(id, await json(request));
  return send(response, 204);
}

function rows(held) {
  const row = (name, verdict, predicted_dice, reason) =>
    ({ id: name, name, verdict, predicted_dice, reason, volume_ml: 1400, rating: "", comment: "", has_scan: verdict !== "no mask", ...held.ratings.get(name) });
  return [
    row("lost.nii.gz", "no mask", null, "The scan is damaged."), row("flipped.nii.gz", "fail", 0.71, "The scan does not look like a human head."),
    row("permuted.nii.gz", "review", 0.88, "Slices without signal lie beside the brain."), row("<img src=x onerror=alert(1)>", "pass", 0.97, ""),
    row("head.nii.gz", "pass", 0.98, ""),
  ];
}

export function tell(held, event, data) {
  for (const stream of held.streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

function sendAsset(response, path) {
  const name = path === "/" ? "index.html" : path.replace(/^\/assets\//, "");
  const folder = ["niivue.js", "LICENSES.txt"].includes(name) ? OF_REPORT : ASSETS;
  response.setHeader("Content-Security-Policy", POLICY);
  return sendFile(response, join(folder, name), TYPES[extname(name)] ?? "application/octet-stream");
}

function sendFile(response, path, type) {
  const stream = createReadStream(path);
  stream.on("open", () => response.writeHead(200, { "Content-Type": type }));
  stream.on("error", () => send(response, 404, { error: "There is no such file." }));
  stream.pipe(response);
}

function send(response, status, data) {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(data === undefined ? undefined : JSON.stringify(data));
}

async function json(request) {
  return JSON.parse((await bodyOf(request)).toString() || "{}");
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
