/** Border panel: the surface that the mask follows, and how far from it the mask ends. */

import { announce, button, element } from "../../../shared/dom";
import type { Model, Surface } from "../contract";
import { segmented } from "../segmented";
import { MOST_MM, type Study } from "../study";
import { panel } from "./panel";

const SURFACES: [Surface, string, string][] = [
  ["brain", "Brain", "Tissue, ventricles and the fluid in the sulci"], ["intracranial", "Intracranial", "Also the fluid around the brain"],
];
const SLIDER_MM = 5;
const STEP_MM = 0.1;
const FIXED = "This mask was opened without the distance of its voxels, so its border cannot be moved here. Strip the scan again to move it.";

export function borderPanel(study: Study, models: readonly Model[]): HTMLElement {
  if (!study.job.has_distance) return panel("Border", element("p", { class: "pale" }, FIXED));
  const surfaces = segmented("Surface", SURFACES, () => study.surface, (surface) => void choose(study, models, surface));
  const range = element("input", { type: "range", min: -SLIDER_MM, max: SLIDER_MM, step: STEP_MM, id: "border", "aria-label": "Border in mm" });
  const field = element("input", { type: "number", min: -MOST_MM, max: MOST_MM, step: STEP_MM, class: "mm", "aria-label": "Border in mm, as a number" });
  const reset = button("Reset", { class: "quiet small", title: "Back to the border that the mask was made with" }, () => {
    void choose(study, models, study.job.surface).then(() => study.setBorder(study.job.border_mm ?? 0));
  });
  range.addEventListener("input", () => study.setBorder(Number(range.value)));
  field.addEventListener("change", () => study.setBorder(Number(field.value)));
  const meaning = element("span", { class: "pale", title: "Of the surface that the network finds" });
  const refresh = (): void => {
    meaning.textContent = study.border === 0 ? "mm" : `mm ${study.border < 0 ? "inside" : "outside"}`;
    range.value = String(study.border);
    range.setAttribute("aria-valuetext", words(study.border));
    if (field !== document.activeElement) field.value = String(study.border);
    reset.disabled = study.isAsMade;
    surfaces.refresh();
  };
  study.onChange(refresh);
  refresh();
  const ends = element("div", { class: "ends pale", "aria-hidden": "true" }, element("span", {}, "tighter"), element("span", {}, "wider"));
  return panel(
    "Border", surfaces.element, range, ends, element("div", { class: "border-row" }, field, meaning, reset),
  );
}

async function choose(study: Study, models: readonly Model[], surface: Surface): Promise<void> {
  if (surface === study.surface) return;
  const model = models.find((one) => one.name === study.job.options.model) ?? models[0];
  const usual = surface === study.job.surface ? study.job.border_mm : model?.default_border_mm[surface];
  try {
    await study.setSurface(surface, usual ?? 0);
  } catch (error) {
    announce(error instanceof Error ? error.message : String(error));
    study.setBorder(study.border);
  }
}

function words(border: number): string {
  if (border === 0) return "on the surface";
  return `${Math.abs(border)} mm ${border < 0 ? "inside" : "outside"} the surface`;
}
