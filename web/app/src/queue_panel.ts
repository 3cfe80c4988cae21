/** Queue panel: all jobs, the newest first, with their progress. */

import { announce, button, element } from "../../shared/dom";
import { badge } from "../../shared/badge";
import { millilitres } from "../../shared/format";
import { api } from "./backend";
import type { Job } from "./contract";
import type { Jobs } from "./jobs";
import { readRoute, routeAddress } from "./router";

const STAGES: Record<string, string> = {
  read: "reading", load: "loading the network", conform: "resampling to the network's grid", network: "running the network", resample: "resampling to the scan's grid",
  quality: "judging the mask", mask: "making the mask", write: "writing",
};

export class QueuePanel {
  readonly element: HTMLElement;
  private readonly list = element("ul", { class: "jobs" });
  private readonly note = element("p", { class: "pale queue-note" });
  private readonly told = new Map<string, string>();

  constructor(private readonly jobs: Jobs) {
    const fresh = element("a", { class: "quiet new", href: routeAddress({ page: "start" }) }, "New scan");
    this.element = element("nav", { class: "queue", "aria-label": "Scans" }, element("div", { class: "queue-head" }, element("h2", {}, "Scans"), fresh), this.note, this.list);
    for (const job of jobs.all) this.told.set(job.id, job.state);
    jobs.onChange((job) => { this.render(); if (job) this.tell(job); });
    addEventListener("hashchange", () => this.render());
    this.render();
  }

  private render(): void {
    const route = readRoute();
    const open = route.page === "job" ? route.id : "";
    const hadFocus = this.list.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.focus : undefined;
    this.list.replaceChildren(...this.jobs.all.map((job) => this.entry(job, job.id === open)));
    if (hadFocus) this.list.querySelector<HTMLElement>(`[data-focus="${CSS.escape(hadFocus)}"]`)?.focus();
    this.note.textContent = !this.jobs.isConnected ? api.words.offline : this.jobs.all.length ? "" : "Nothing has been stripped yet.";
  }

  private entry(job: Job, isOpen: boolean): HTMLElement {
    const name = element("a", { href: routeAddress({ page: "job", id: job.id }), class: "job-name", title: job.name, "aria-current": isOpen ? "page" : undefined, "data-focus": `open-${job.id}` }, job.name);
    const isActive = job.state === "queued" || job.state === "running";
    const verb = isActive ? "Cancel" : "Delete";
    const remove = button("✕", { class: "remove", "aria-label": `${verb} ${job.name}`, title: verb, "data-focus": `remove-${job.id}` }, () => void this.remove(job));
    return element("li", { class: `job ${job.state}${isOpen ? " open" : ""}`, "data-job": job.id }, name, remove, ...stateOf(job));
  }

  private async remove(job: Job): Promise<void> {
    const isActive = job.state === "queued" || job.state === "running";
    if (!isActive && !confirm(`Delete ${job.name} and its results from ${api.words.place}?`)) return;
    try {
      await api.remove(job.id);
      this.jobs.drop(job.id);
      announce(`${job.name}: ${isActive ? "cancelled" : "deleted"}.`);
    } catch (error) {
      announce(error instanceof Error ? error.message : String(error));
    }
  }

  /** Tells screen readers when a job begins and ends. */
  private tell(job: Job): void {
    if (this.told.get(job.id) === job.state) return;
    this.told.set(job.id, job.state);
    const words: Partial<Record<Job["state"], string>> = { running: "is being stripped", done: "is done", failed: "failed", cancelled: "was cancelled" };
    if (words[job.state]) announce(`${job.name} ${words[job.state]}.`);
  }
}

function stateOf(job: Job): Node[] {
  if (job.state === "running") {
    const stage = STAGES[job.stage ?? ""] ?? job.stage ?? "";
    return [element("progress", { max: 1, value: job.fraction ?? 0, "aria-label": `Progress of ${job.name}` }), element("span", { class: "pale" }, stage)];
  }
  if (job.state === "queued") return [element("span", { class: "pale" }, job.position ? `waiting, place ${job.position}` : "waiting")];
  if (job.state === "failed") return [element("span", { class: "fault" }, job.error ?? "failed")];
  if (job.state === "cancelled") return [element("span", { class: "pale" }, "cancelled")];
  const verdict = job.quality ? [badge(job.quality.verdict)] : [];
  return [element("span", { class: "pale facts-line" }, millilitres(job.volume_ml), job.has_edit ? " · edited" : ""), ...verdict];
}
