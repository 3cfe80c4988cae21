/** Download panel: the results as files, at the border that is shown. */

import { announce, element } from "../../../shared/dom";
import { api } from "../backend";
import type { Download } from "../contract";
import { save } from "../save";
import type { Study } from "../study";
import { panel } from "./panel";

const FILES: [Download, string, string][] = [
  ["mask", "Mask", "1 in the brain, 0 elsewhere"], ["brain", "Brain", "the scan inside the mask"], ["distance", "Distance", "mm from the surface"],
  ["edited", "Edited mask", "the saved edit"], ["edited-record", "Edit history", "JSON: who edited, when, how many voxels"], ["edited-brain", "Edited brain", "the scan inside the edited mask"],
  ["quality", "Quality", "JSON"], ["report", "Report", "a page to keep"],
];

export function downloadPanel(study: Study): HTMLElement {
  const links = FILES.map(([what, name, about]) => {
    const link = element("a", { class: "download", download: "", title: about, "data-what": what }, name);
    link.addEventListener("click", (event) => {
      if (study.addressOf(what) !== undefined) return;
      event.preventDefault();
      study.file(what).then(save, (error: unknown) => announce(error instanceof Error ? error.message : String(error)));
    });
    return { what, link };
  });
  const note = element("p", { class: "pale" });
  const refresh = (): void => {
    for (const { what, link } of links) {
      link.hidden = !isThere(study, what);
      link.href = study.addressOf(what) ?? `#/${what}`;
    }
    note.textContent = study.job.has_distance ? `Mask and brain are written at the border shown, ${study.border} mm.` : "";
  };
  study.onChange(refresh);
  refresh();
  return panel("Download", element("div", { class: "downloads" }, ...links.map(({ link }) => link)), note);
}

/** Whether there is a file of a study. */
export function isThere(study: Study, what: Download): boolean {
  if (!api.downloads.includes(what)) return false;
  if (what.startsWith("edited")) return study.job.has_edit;
  if (what === "distance") return study.job.has_distance;
  return what !== "quality" || study.job.quality !== null;
}
