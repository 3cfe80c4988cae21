/** Page: puts the page together, whatever backend does its work. */

import { announce, button, byId, element } from "../../shared/dom";
import { makeHelp } from "../../shared/help";
import { themeButton } from "../../shared/theme";
import { App } from "./app";
import { makeAutomation } from "./automation";
import type { Job, State } from "./contract";
import { Jobs } from "./jobs";
import { KEYS_NOTE, listenToKeys, MEANINGS } from "./keys";
import { QueuePanel } from "./queue_panel";
import { go, readRoute, routeAddress } from "./router";
import { StartPage, takeDrops } from "./start/start_page";
import { Starter } from "./start/starter";

/** What is there before the backend answers. */
export function startHeader(): void {
  byId("skip").addEventListener("click", (event) => { event.preventDefault(); byId("page").focus(); });
  byId("tools").append(themeButton());
}

export function start(state: State): void {
  const jobs = new Jobs(state);
  const starter = new Starter(state, jobs);
  const opened = ([first, ...others]: Job[]): void => {
    announce(others.length ? `${others.length + 1} scans are in the queue.` : `${first?.name ?? ""} is in the queue.`);
    if (first) go({ page: "job", id: first.id });
  };
  const startPage = new StartPage(state, starter, opened);
  const app = new App(state, jobs, startPage);
  takeDrops((files) => {
    if (readRoute().page !== "start") go({ page: "start" });
    void startPage.upload(files);
  });
  const help = makeHelp(MEANINGS, KEYS_NOTE);
  byId("tools").append(button("?", { class: "quiet", "aria-label": "Keys and help" }, () => help.showModal()));
  byId("queue").append(new QueuePanel(jobs).element);
  byId("notice").textContent = `deskull ${state.version} · ${state.notice}`;
  if (state.review) byId("sections").append(link("Scans", "start"), link("Review", "review"));
  listenToKeys(app.actions, help);
  Object.assign(globalThis, { deskull: makeAutomation(state, jobs, starter, () => app.study) });
  jobs.follow();
  if (state.review && !location.hash) go({ page: "review" }); // which shows it
  else void app.show();
}

function link(text: string, page: "start" | "review"): HTMLAnchorElement {
  return element("a", { href: routeAddress({ page }) }, text);
}

/** Says in place of the page why there is none. */
export function refuse(sentence: string): void {
  byId("page").replaceChildren(element("p", { class: "waiting", role: "alert" }, sentence));
}
