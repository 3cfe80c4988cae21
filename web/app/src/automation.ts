/** Automation: `window.deskull`, with which a program drives the page as a person would. */

import { api } from "./backend";
import type { Download, Job, Options, State } from "./contract";
import type { Jobs } from "./jobs";
import { save } from "./save";
import { go } from "./router";
import type { Starter } from "./start/starter";
import type { Study } from "./study";

type Source = File | { demo: true } | { path: string };

export interface Automation {
  describe(): object;
  start(source: Source, options?: Options): Promise<Job>;
  snapshot(): object;
  download(what: Download): Promise<{ name: string; bytes: number }>;
}

const FUNCTIONS = {
  "describe()": "What this page can do, and which values its options take.",
  "start(file | {demo: true} | {path}, options)": "Strips a scan; resolves with the job when it is done, and opens it. Asks in a dialog where a file holds several scans.",
  "snapshot()": "What is open now: jobs, border, volume, edit, view.",
  "download(what)": "Saves a file of the open job, at the border shown; resolves with its name and size.",
};

/** Makes the functions; `study` returns what is open. */
export function makeAutomation(state: State, jobs: Jobs, starter: Starter, study: () => Study | undefined): Automation {
  return {
    describe: () => ({ version: state.version, notice: state.notice, functions: FUNCTIONS, models: state.models, downloads: api.downloads }),
    start: async (source, options = {}) => {
      const [job] = await startFrom(source, options, starter);
      if (!job) throw new Error("Nothing was chosen.");
      const done = await jobs.ended(job.id);
      go({ page: "job", id: done.id });
      return done;
    },
    snapshot: () => snapshot(state, jobs, study()),
    download: (what) => download(what, study()),
  };
}

function startFrom(source: Source, options: Options, starter: Starter): Promise<Job[]> {
  if ("demo" in source) return starter.startDemo(options);
  if ("path" in source) return starter.startPaths([source.path], options);
  return starter.startFiles([{ file: source, name: source.name }], options, () => undefined, new AbortController().signal);
}

function snapshot(state: State, jobs: Jobs, study: Study | undefined): object {
  const shown = { version: state.version, address: location.hash, theme: document.documentElement.dataset.theme, connected: jobs.isConnected, jobs: jobs.all };
  if (!study) return { ...shown, open: null };
  const { body, editor, view } = study.scene;
  const { counts } = body;
  const edit = {
    added_voxels: counts.added, removed_voxels: counts.removed, unsaved: editor.isUnsaved, tool: editor.tool, diameter_mm: editor.diameterMm,
    ball: editor.isBall, can_undo: editor.history.canUndo, can_redo: editor.history.canRedo, history: editor.history.entries,
  };
  return { ...shown, open: { job: study.job, surface: study.surface, border_mm: study.border, voxels: counts.voxels, volume_ml: body.volumeMl, command: study.command, edit, view: view.now } };
}

async function download(what: Download, study: Study | undefined): Promise<{ name: string; bytes: number }> {
  if (!study) throw new Error("No job is open; start one, or open one of the list.");
  const file = await study.file(what);
  save(file);
  return { name: file.name, bytes: file.content.size };
}
