/** Local backend: the browser does the work of the server: files, queue, network, masks and downloads. */

import type { Backend, Place } from "../../app/src/backend";
import type { Options, State, Surface, VolumeName } from "../../app/src/contract";
import { writeNifti } from "../../formats/nifti";
import type { Triple, Voxels } from "../../formats/volume";
import type { Found, Source } from "./files/choices";
import { startFiles } from "./files/files_client";
import { Engine } from "./local/engine";
import { makeFile, OFFERED } from "./local/downloads";
import { keepEdit, maskOf, resultsOf } from "./local/masks";
import { Queue } from "./local/queue";
import { needsOf, stripWork } from "./local/stripping";
import { newWork, type Work } from "./local/work";
import { asset, loadBytes, type Settings } from "./settings";

/** A scan of 256 x 256 x 192 voxels, of which nothing else is known yet. */
const USUAL = { seconds: 30, bytes: 1.1e9 };
const DEMO = "demo_head.nii.gz";
const REVIEW = "Batches are reviewed with 'deskull serve --review'.";

export function makeLocalBackend(settings: Settings): Backend {
  const files = startFiles(asset("files_worker.js"));
  const engine = new Engine(settings);
  const queue: Queue = new Queue((work, tell) => stripWork(work, settings.models, files, engine, tell), () => engine.cancel());
  const uploads = new Map<string, Found[]>();
  const start = (sources: readonly Source[], options: Options) => queue.add(sources.map((source) => newWork(source, options, options.surface ?? "brain")));
  return {
    words: {
      kinds: "NIfTI, DICOM (files, a folder or a zip), NRRD, MGH. The scans stay in this browser: nothing is sent anywhere, and nothing is kept when the page is closed.",
      needs: needsOf(USUAL).replace("It needs", "A usual scan needs"), place: "this page", unknownScan: "This scan is not on the page any more; drop it again.", offline: "",
    },
    downloads: OFFERED,
    isVolatile: true,
    state: () => Promise.resolve(stateOf(settings, queue)),
    follow: (listener) => queue.follow(listener),
    offer: async (picked, limits, progress, signal) => {
      const large = picked.find(({ file }) => file.size > limits.file_bytes);
      if (large) throw new Error(`${large.name} has more than ${limits.file_bytes / 1e9} GB, more than this page can hold; use 'deskull strip'.`);
      progress(1);
      const found = await files.choices(picked.map(({ file, name }) => ({ file, name })));
      if (signal.aborted) throw new Error("Reading was stopped.");
      const upload = String(uploads.size + 1);
      uploads.set(upload, found);
      return { upload, choices: found.map(({ choice }) => choice) };
    },
    dropUpload: (upload) => Promise.resolve(uploads.delete(upload)),
    startUploaded: (upload, chosen, options) => {
      const found = uploads.get(upload) ?? [];
      uploads.set(upload, []);
      return Promise.resolve(start(found.filter(({ choice }) => chosen.includes(choice.id)).map(({ source }) => source), options));
    },
    startDemo: async (options) => {
      const file = new File([await loadBytes(DEMO)], DEMO);
      return start([{ kind: "demo", name: DEMO, shown: DEMO, files: [{ file, name: DEMO }], family: "nifti" }], options);
    },
    remove: (id) => Promise.resolve(queue.remove(id)),
    volume: (id, name) => volumeOf(queue.get(id), name),
    mask: async (id, place: Place) => plain(queue.get(id), await maskOf(queue.get(id), place, files)),
    saveEdit: async (id, voxels, base, headers) => {
      const counts = await keepEdit(queue.get(id), voxels, base, headers, settings.version, files);
      queue.change(queue.get(id), { has_edit: true });
      return counts;
    },
    dropEdit: (id) => {
      queue.get(id).edit = undefined;
      return Promise.resolve(queue.change(queue.get(id), { has_edit: false }));
    },
    addressOf: () => undefined,
    file: (id, what, place) => makeFile(queue.get(id), what, place, files),
    folder: () => Promise.reject(new Error("This page sees only files that are dropped on it.")),
    startPaths: () => Promise.reject(new Error("This page sees only files that are dropped on it; give a File.")),
    review: () => Promise.reject(new Error(REVIEW)),
    openRow: () => Promise.reject(new Error(REVIEW)),
    rate: () => Promise.reject(new Error(REVIEW)),
  };
}

function stateOf({ version, notice, limits, models }: Settings, queue: Queue): State {
  return { version, notice, limits, root: false, review: false, models, jobs: queue.jobs };
}

async function volumeOf(work: Work, name: VolumeName): Promise<ArrayBuffer> {
  const { shown, distances } = resultsOf(work);
  if (name === "scan") return shown.arrayBuffer();
  if (name === "edited") return plain(work, new Uint8Array(await (work.edit?.voxels ?? new Blob()).arrayBuffer()));
  const surface: Surface = name === "distance" ? "brain" : "intracranial";
  const distance = distances[surface];
  if (!distance) throw new Error(`${work.job.name}: has no distance to the ${surface} surface; strip the scan for one.`);
  return plain(work, new Float32Array(await distance.arrayBuffer()));
}

/** Voxels as a NIfTI file, which the viewer reads. */
function plain(work: Work, data: Voxels): Promise<ArrayBuffer> {
  const { shape, affine } = resultsOf(work);
  const volume = { name: work.job.name, data, shape: [...shape] as Triple, frames: undefined, trailing: [], affine, slope: 1, inter: 0, header: undefined, warnings: [] };
  return new Blob(writeNifti(volume)).arrayBuffer();
}
