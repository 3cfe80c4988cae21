/** Download panel: the results as files, at the border that is shown. */

import { element } from "../../../shared/dom";
import type { Download } from "../contract";
import type { Study } from "../study";
import { panel } from "./panel";

const FILES: [Download, string, string][] = [
  ["mask", "Mask", "1 in the brain, 0 elsewhere"], ["brain", "Brain", "the scan inside the mask"], ["distance", "Distance", "mm from the surface"],
  ["edited", "Edited mask", "the saved edit"], ["edited-brain", "Edited brain", "the scan inside the edited mask"],
  ["quality", "Quality", "JSON"], ["report", "Report", "a page to keep"],
];

export function downloadPanel(study: Study): HTMLElement {
  const links = FILES.map(([what, name, about]) => {
    const link = element("a", { class: "download", download: "", title: about, "data-what": what }, name);
    return { what, link };
  });
  const note = element("p", { class: "pale" });
  const refresh = (): void => {
    for (const { what, link } of links) {
      link.hidden = !isThere(study, what);
      link.href = study.addressOf(what);
    }
    note.textContent = study.job.has_distance ? `Mask and brain are written at the border shown, ${study.border} mm.` : "";
  };
  study.onChange(refresh);
  refresh();
  return panel("Download", element("div", { class: "downloads" }, ...links.map(({ link }) => link)), note);
}

/** Whether the server has a file of a study. */
export function isThere(study: Study, what: Download): boolean {
  if (what.startsWith("edited")) return study.job.has_edit;
  if (what === "distance") return study.job.has_distance;
  return what !== "quality" || study.job.quality !== null;
}
