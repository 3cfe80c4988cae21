/** Job page: a job's progress or fault; the viewer and its panels when it is done. */

import { button, element } from "../../shared/dom";
import type { Job, Model } from "./contract";
import { borderPanel } from "./panels/border_panel";
import { commandPanel } from "./panels/command_panel";
import { downloadPanel } from "./panels/download_panel";
import { editPanel } from "./panels/edit_panel";
import { qualityPanel } from "./panels/quality_panel";
import { toolBar } from "./panels/tool_bar";
import { viewPanel } from "./panels/view_panel";
import { Study } from "./study";
import { loadJob } from "./viewer/loading";
import { makeViewer } from "./viewer/viewer";

export class JobPage {
  readonly element = element("div", { class: "job-page" });
  study: Study | undefined;
  private shown = "";

  /** `above` stands over the viewer, for instance what a review needs. */
  constructor(
    private readonly id: string, private readonly models: readonly Model[], private readonly complain: (sentence: string) => void,
    private readonly above: readonly Node[] = [],
  ) {}

  /** Shows the present state of the job. */
  show(job: Job): void {
    if (this.study) {
      this.study.job = { ...job, has_edit: job.has_edit || this.study.job.has_edit };
      return;
    }
    if (job.state === "done") return void (this.shown === "done" || this.load(job));
    this.shown = job.state;
    this.element.replaceChildren(waiting(job));
  }

  private async load(job: Job): Promise<void> {
    this.shown = "done";
    this.element.replaceChildren(element("p", { class: "waiting pale", role: "status" }, `Loading ${job.name}`));
    try {
      const study = new Study(job, await loadJob(job, this.complain));
      this.element.replaceChildren(...this.above, toolBar(study), makeViewer(study.scene), sidePanels(study, this.models));
      this.element.classList.add("has-viewer");
      this.element.dataset.ready = this.id;
      this.study = study;
    } catch (error) {
      this.shown = "";
      const again = button("Try again", { class: "quiet" }, () => void this.load(job));
      this.element.replaceChildren(element("div", { class: "waiting" }, element("p", {}, error instanceof Error ? error.message : String(error)), again));
    }
  }
}

function sidePanels(study: Study, models: readonly Model[]): HTMLElement {
  return element(
    "aside", { class: "panels", "aria-label": "Result and tools" },
    qualityPanel(study), borderPanel(study, models), editPanel(study), viewPanel(study), downloadPanel(study), commandPanel(study),
  );
}

function waiting(job: Job): HTMLElement {
  const lines: Record<Job["state"], string> = {
    queued: `${job.name} waits for its turn${job.position ? ` (place ${job.position})` : ""}.`, running: `${job.name} is being stripped.`,
    failed: job.error ?? "The scan could not be stripped.", cancelled: `${job.name} was cancelled.`, done: "",
  };
  const bar = job.state === "running" ? [element("progress", { max: 1, value: job.fraction ?? 0, "aria-label": "Progress" })] : [];
  const isOpen = job.state === "queued" || job.state === "running";
  const needs = isOpen && job.needs ? [element("p", { class: "pale" }, job.needs)] : [];
  return element("div", { class: `waiting ${job.state}` }, element("p", {}, lines[job.state]), ...needs, ...bar);
}
