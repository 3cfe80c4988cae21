/** Start page: where scans are dropped, chosen or found, and what this is. */

import { button, element } from "../../../shared/dom";
import { api } from "../backend";
import type { Job, Options, State } from "../contract";
import { filesOfDrop, filesOfList, type Picked } from "./dropped";
import { folderBrowser } from "./folder_browser";
import { runOptions } from "./run_options";
import type { Starter } from "./starter";

const INTRODUCTION = "Drop a head scan here";
const STEPS = [
  ["Drop", "a scan, a folder or a zip. Where several scans are found, you choose."],
  ["Look", "at the brain in slices and in 3\u2011D, move its border in mm, edit it with a brush."],
  ["Take", "the mask, the brain, the distance and the command that repeats it."],
] as const;

export class StartPage {
  readonly element: HTMLElement;
  private readonly note = element("p", { class: "upload-note", role: "status" });
  private readonly bar = element("progress", { max: 1, value: 0, hidden: true, "aria-label": "Upload" });
  private readonly stop = button("Stop", { class: "quiet small", hidden: true }, () => this.uploading?.abort());
  private readonly options: { element: HTMLElement; read: () => Options };
  private uploading: AbortController | undefined;

  constructor(state: State, private readonly starter: Starter, private readonly opened: (jobs: Job[]) => void) {
    this.options = runOptions(state.models);
    const steps = STEPS.map(([verb, rest]) => element("li", {}, element("b", {}, verb), ` ${rest}`));
    const zone = this.dropZone();
    const browser = state.root ? [folderBrowser((paths) => void this.run(() => starter.startPaths(paths, this.options.read())))] : [];
    this.element = element(
      "div", { class: "start" }, zone, this.options.element, element("ol", { class: "steps" }, ...steps), ...browser,
      element("p", { class: "pale notice-line" }, state.notice),
    );
  }

  /** Uploads files and starts what is chosen of them. */
  upload(files: readonly Picked[]): Promise<void> {
    return this.run(async () => {
      this.uploading?.abort();
      this.uploading = new AbortController();
      this.bar.hidden = this.stop.hidden = false;
      const progress = (part: number): void => {
        this.bar.value = part;
        this.note.textContent = part < 1 ? `Uploading, ${Math.floor(part * 100)} %` : "Looking for scans";
      };
      progress(0);
      return this.starter.startFiles(files, this.options.read(), progress, this.uploading.signal);
    });
  }

  private async run(start: () => Promise<Job[]>): Promise<void> {
    try {
      const jobs = await start();
      this.note.textContent = jobs.length ? "" : "Nothing was started.";
      if (jobs.length) this.opened(jobs);
    } catch (error) {
      this.note.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      this.bar.hidden = this.stop.hidden = true;
    }
  }

  private dropZone(): HTMLElement {
    const files = this.fileField({ multiple: true, "aria-label": "Files to strip", id: "files" });
    const folder = this.fileField({ webkitdirectory: true, "aria-label": "Folder to strip", id: "folder" });
    const needs = api.words.needs ? [element("p", { class: "pale" }, api.words.needs)] : [];
    const zone = element(
      "div", { class: "drop card" }, element("span", { class: "drop-mark", "aria-hidden": "true" }), element("h2", {}, INTRODUCTION), element("p", { class: "pale" }, api.words.kinds), ...needs,
      element(
        "div", { class: "row centred" }, button("Choose files", { class: "primary" }, () => files.click()),
        button("Choose a folder", { class: "quiet" }, () => folder.click()),
        button("Try a demo scan", { class: "quiet demo" }, () => void this.run(() => this.starter.startDemo(this.options.read()))),
      ),
      element("div", { class: "row centred" }, this.bar, this.stop), this.note, files, folder,
    );
    return zone;
  }

  private fileField(attributes: Record<string, string | boolean>): HTMLInputElement {
    const field = element("input", { type: "file", hidden: true, ...attributes });
    field.addEventListener("change", () => {
      const picked = filesOfList(field.files ?? []);
      field.value = "";
      void this.upload(picked);
    });
    return field;
  }
}

/** Takes what is dropped anywhere on the page. */
export function takeDrops(take: (files: Picked[]) => void): void {
  const isFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("dragging");
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("dragging"); });
  addEventListener("drop", (event) => {
    document.body.classList.remove("dragging");
    if (!isFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    void filesOfDrop(event.dataTransfer).then(take);
  });
}
