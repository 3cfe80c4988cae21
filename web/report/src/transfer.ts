/** Transfer: a review is exported to a file, and imported from one. */

import type { Report } from "./data";
import { announce, button, element } from "../../shared/dom";
import { count } from "./format";
import type { Marks } from "./marks";
import { readTsv, writeTsv } from "./tsv";

const FILE_NAME = "scans_reviewed.tsv";

/** Makes the field of the reviewer's name and the buttons for files, and warns before marks are left behind. */
export function reviewTools(report: Report, marks: Marks): HTMLElement {
  const reviewer = element("input", { type: "text", class: "reviewer", placeholder: "Your name", "aria-label": "Reviewer", maxlength: 80 });
  reviewer.value = marks.reviewer;
  reviewer.addEventListener("change", () => (marks.reviewer = reviewer.value));
  const file = element("input", { type: "file", accept: ".tsv,.txt,text/tab-separated-values", id: "import-file", hidden: true, "aria-label": "Review to import" });
  file.addEventListener("change", () => void importReview(file, report, marks));
  addEventListener("beforeunload", (event) => {
    if (marks.needsExport) event.preventDefault();
  });
  return element(
    "div", { class: "review-tools", role: "group", "aria-label": "Review" },
    reviewer,
    button("Import", { class: "quiet", title: "Take over the marks of an exported review" }, () => file.click()),
    button("Export review", { class: "primary export" }, () => exportReview(report, marks)),
    file,
  );
}

function exportReview(report: Report, marks: Marks): void {
  const address = URL.createObjectURL(new Blob([writeTsv(report.scans, (name) => marks.of(name))], { type: "text/tab-separated-values" }));
  element("a", { href: address, download: FILE_NAME }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  marks.markExported();
  announce(`Exported ${count(marks.size, "mark")} to ${FILE_NAME}.`);
}

async function importReview(file: HTMLInputElement, report: Report, marks: Marks): Promise<void> {
  const [chosen] = file.files ?? [];
  if (!chosen) return;
  try {
    const names = new Set(report.scans.map((scan) => scan.name));
    const found = readTsv(await chosen.text());
    const known = found.filter(([name]) => names.has(name));
    const fitting = known.filter(([name, mark]) => marks.fits(name, mark));
    const taken = marks.merge(fitting);
    const older = fitting.length - taken;
    const outdated = known.length - fitting.length;
    const unknown = found.length - known.length;
    announce(
      `Imported ${count(taken, "mark")}` + (older ? `; ${older} were not newer than yours` : "") +
      (outdated ? `; ${outdated} are of masks that have changed` : "") +
      (unknown ? `; ${unknown} are of scans that this report lacks` : "") + ".",
    );
  } catch (error) {
    announce(`${chosen.name}: is no review (${error instanceof Error ? error.message : String(error)}); choose an exported file.`);
  }
  file.value = "";
}
