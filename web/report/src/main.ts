/** The program of the page that `deskull report` writes. */

import { makeCharts } from "./charts";
import { readReport, type Report, type Scan } from "./data";
import { announce, button, byId, element } from "../../shared/dom";
import { makeFilters } from "./filters";
import { makeHelp } from "../../shared/help";
import { listenToKeys } from "./keyboard";
import { Listing } from "./listing";
import { Marks } from "./marks";
import { Router } from "./router";
import { ScanPage } from "./scan_page";
import { receiveData } from "./scripts";
import { makeSummary } from "./summary";
import { Table } from "./table";
import { applyTheme, themeButton } from "../../shared/theme";
import { reviewTools } from "./transfer";

const KEYS: [string, string][] = [
  ["J  K", "next and previous scan"], ["Enter", "open the scan"], ["Esc", "back to all scans; leave a field"],
  ["1 … 5", "rate: 1 useless, 5 perfect"], ["A  E  R", "accept, review (look again or edit), reject"], ["0", "clear the rating and the verdict"],
  ["C", "comment"], ["O", "show or hide contours"], ["V", "3-D viewer of the scan, if embedded"], ["/", "search"], ["?", "this help"],
];
const KEPT = "Marks are kept by this browser at each change. Export them to a file to hand them on.";

applyTheme();
receiveData();
const report = readReport();
if (report) start(report);
else byId("table").append(element("p", { class: "notice" }, "data/rows.js is missing: copy the whole folder of the report."));

function start(report: Report): void {
  const marks = new Marks(report);
  const listing = new Listing(report.scans, marks);
  const move = (step: 1 | -1): void => {
    if (!listing.move(step)) announce(step > 0 ? "This is the last scan." : "This is the first scan.");
    else if (router.isOpen && listing.current) router.open(listing.current);
    else table.reveal();
  };
  const scanPage = new ScanPage(byId("scan"), marks, report.hasViewer, move, () => router.close());
  const router = new Router(listing, scanPage, () => table.reveal());
  const open = (scan: Scan): void => router.open(scan);
  const table = new Table(byId("table"), listing, marks, open);
  const refreshFilters = makeFilters(byId("filters"), listing, marks, reviewTools(report, marks));
  const refreshSummary = makeSummary(byId("summary"), listing, marks, (state) => {
    listing.state = state;
    listing.update();
    byId("scans").scrollIntoView();
  });
  makeCharts(byId("charts"), report.scans, open);
  listing.onChange(() => { table.render(); refreshFilters(); });
  marks.onChange(() => { refreshFilters(); refreshSummary(); });
  table.render();
  refreshFilters();
  refreshSummary();
  const help = makeHelp(KEYS, KEPT);
  byId("tools").append(themeButton(), button("?", { class: "quiet", "aria-label": "Keys and help" }, () => help.showModal()));
  listenToKeys(listing, marks, actions(listing, table, scanPage, router, move), help);
  offerCitation();
  router.follow();
}

function actions(listing: Listing, table: Table, scanPage: ScanPage, router: Router, move: (step: 1 | -1) => void): Parameters<typeof listenToKeys>[2] {
  return {
    move,
    open: () => { if (listing.current) router.open(listing.current); },
    close: () => router.close(),
    comment: () => (router.isOpen ? byId("scan") : table.currentRow())?.querySelector<HTMLElement>(".comment")?.focus(),
    view: () => { if (router.isOpen) scanPage.toggleViewer(); },
  };
}

/** Adds the button that copies the text for a paper, where the browser allows it. */
function offerCitation(): void {
  byId("copy-citation").append(button("Copy", { class: "quiet" }, () => {
    const text = byId("citation").textContent ?? "";
    navigator.clipboard.writeText(text).then(() => announce("Copied."), () => getSelection()?.selectAllChildren(byId("citation")));
  }));
}
