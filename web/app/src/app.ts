/** App: shows the page that the address names, and lets the keys reach it. */

import { announce, byId, element } from "../../shared/dom";
import { api } from "./backend";
import type { Job, ReviewRow, State } from "./contract";
import { JobPage } from "./job_page";
import type { Jobs } from "./jobs";
import type { Actions } from "./keys";
import { Ratings } from "./review/ratings";
import { ReviewPage } from "./review/review_page";
import { rowBar } from "./review/row_bar";
import { go, readRoute, type Route } from "./router";
import type { StartPage } from "./start/start_page";
import type { Study } from "./study";

export class App {
  private jobPage: { page: JobPage; id: string } | undefined;
  private ratings: Ratings | undefined;
  private loading: Promise<Ratings> | undefined;
  private reviewPage: ReviewPage | undefined;
  private address = location.hash;

  constructor(private readonly state: State, private readonly jobs: Jobs, private readonly startPage: StartPage) {
    jobs.onChange((job) => this.follow(job));
    addEventListener("hashchange", () => this.navigate());
    addEventListener("beforeunload", (event) => { if (this.study?.scene.editor.isUnsaved || (api.isVolatile && this.jobs.all.length)) event.preventDefault(); });
  }

  get study(): Study | undefined {
    return this.jobPage?.page.study;
  }

  /** Shows what the address names. */
  async show(): Promise<void> {
    const route = readRoute();
    this.jobPage = undefined;
    byId("page").dataset.page = route.page;
    if (route.page === "job") this.openJob(route.id);
    else if (this.state.review && route.page === "row") await this.openRow(route.id);
    else if (this.state.review && route.page === "review") await this.openReview();
    else this.place(this.startPage.element, "New scan");
    this.markLinks(route);
  }

  /** What the keys of a review do. */
  get actions(): Actions {
    const inReview = (act: (ratings: Ratings) => void) => (): boolean => {
      const isOpen = ["review", "row"].includes(readRoute().page) && this.ratings !== undefined;
      if (isOpen && this.ratings) act(this.ratings);
      return isOpen;
    };
    return {
      study: () => this.study,
      move: (step) => inReview(() => this.move(step))(),
      open: inReview(({ current }) => { if (current?.has_scan) go({ page: "row", id: current.id }); }),
      rate: (rating) => inReview((ratings) => this.rate(ratings, rating))(),
      comment: inReview(() => (this.jobPage?.page.element ?? this.reviewPage?.currentElement)?.querySelector<HTMLElement>(".comment")?.focus()),
      back: () => readRoute().page === "row" && this.study?.scene.editor.tool === "move" && inReview(() => go({ page: "review" }))(),
    };
  }

  /** Leaves an edit that is not saved only after a question. */
  private navigate(): void {
    if (location.hash === this.address) return;
    if (this.study?.scene.editor.isUnsaved && !confirm("The edit is not saved. Leave it?")) {
      history.replaceState(null, "", this.address || "#/");
      dispatchEvent(new HashChangeEvent("hashchange"));
      return;
    }
    this.address = location.hash;
    void this.show();
  }

  private follow(changed: Job | undefined): void {
    const open = this.jobPage;
    if (!open) return;
    if (changed?.id === open.id) open.page.show(changed);
    else if (!changed && this.jobs.isConnected && !this.jobs.get(open.id) && readRoute().page === "job") this.closeRemoved();
  }

  private closeRemoved(): void {
    this.study?.scene.editor.set({ isUnsaved: false });
    go({ page: "start" });
  }

  private openJob(id: string): void {
    const job = this.jobs.get(id);
    if (!job) return this.place(element("p", { class: "waiting" }, api.words.unknownScan), "Unknown scan");
    this.showJob(job, job.name, []);
  }

  private async openRow(id: string): Promise<void> {
    try {
      const ratings = await this.loadRatings();
      const row = ratings.row(id);
      if (!row) throw new Error("The review has no such row.");
      ratings.select(id);
      const job = await api.openRow(id);
      if (readRoute().page === "row") this.showJob(job, row.name, [rowBar(row, ratings, (step) => this.move(step))]);
    } catch (error) {
      this.place(element("p", { class: "waiting" }, error instanceof Error ? error.message : String(error)), "Review");
    }
  }

  private showJob(job: Job, name: string, above: Node[]): void {
    const page = new JobPage(job.id, this.state.models, announce, above);
    this.jobPage = { page, id: job.id };
    this.place(page.element, name);
    page.show(job);
  }

  private async openReview(): Promise<void> {
    const ratings = await this.loadRatings().catch((error: unknown) => this.place(element("p", { class: "waiting" }, String(error)), "Review"));
    if (!ratings || readRoute().page !== "review") return;
    this.reviewPage ??= new ReviewPage(ratings, (row: ReviewRow) => go({ page: "row", id: row.id }));
    this.place(this.reviewPage.element, "Review");
    this.reviewPage.reveal();
  }

  /** Reads the rows once. */
  private loadRatings(): Promise<Ratings> {
    this.loading ??= api.review().then(({ rows }) => (this.ratings = new Ratings(rows, announce)));
    this.loading.catch(() => (this.loading = undefined));
    return this.loading;
  }

  private move(step: 1 | -1): void {
    const { ratings } = this;
    if (!ratings?.move(step)) return announce(step > 0 ? "This is the last row." : "This is the first row.");
    if (readRoute().page === "row" && ratings.currentId) go({ page: "row", id: ratings.currentId });
    else this.reviewPage?.reveal();
  }

  private rate(ratings: Ratings, rating: string): void {
    const { current } = ratings;
    if (!current) return;
    void ratings.change(current, { rating });
    announce(`${current.name}: ${rating || "cleared"}`);
  }

  private place(page: HTMLElement, title: string): void {
    byId("page").replaceChildren(page);
    byId("title").textContent = title;
    document.title = `${title} – deskull`;
  }

  private markLinks(route: Route): void {
    for (const link of document.querySelectorAll<HTMLAnchorElement>("#sections a")) {
      const isReview = link.hash === "#/review";
      if (isReview === (route.page === "review" || route.page === "row")) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
}
