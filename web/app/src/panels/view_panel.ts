/** View panel: what the slices show, and how. */

import { button, element } from "../../../shared/dom";
import { onNextFrame } from "../observable";
import { segmented } from "../segmented";
import type { Study } from "../study";
import { indexOf, toWorld } from "../viewer/grid";
import type { Show } from "../viewer/view";
import { panel, slider } from "./panel";

const SHOWN: [Show, string, string][] = [
  ["scan", "Scan + mask", "The scan with the mask (key S)"], ["brain", "Brain", "The brain alone (key S)"], ["swipe", "Swipe", "Before and after, with a line to drag (key S)"],
];

export function viewPanel(study: Study): HTMLElement {
  const { view } = study.scene;
  const { low, high } = study.greys;
  const step = (high - low) / 500;
  const shown = segmented("What the slices show", SHOWN, () => view.now.show, (show) => view.set({ show }));
  const percent = (value: number): string => `${Math.round(value * 100)} %`;
  const swipe = slider("Swipe", { min: 0, max: 1, step: 0.01 }, () => view.now.swipe, (value) => view.set({ swipe: value, show: "swipe" }), () => percent(view.now.swipe));
  const tint = slider("Mask tint", { min: 0, max: 1, step: 0.01 }, () => view.now.opacity, (opacity) => view.set({ opacity }), () => percent(view.now.opacity));
  const width = slider("Window", { min: step, max: high - low, step }, () => view.now.white - view.now.black, (value) => setWindow(study, value, level(study)), () => number(view.now.white - view.now.black));
  const middle = slider("Level", { min: low, max: high, step }, () => level(study), (value) => setWindow(study, view.now.white - view.now.black, value), () => number(level(study)));
  const zoom = slider("Zoom", { min: 1, max: 8, step: 0.25 }, () => view.now.zoom, (value) => view.set({ zoom: value }), () => `${view.now.zoom.toFixed(1)} ×`);
  const contour = element("input", { type: "checkbox" });
  contour.addEventListener("change", () => view.set({ hasContour: contour.checked }));
  const place = element("p", { class: "pale place" });
  const refresh = onNextFrame(() => {
    for (const part of [shown, swipe, tint, width, middle, zoom]) part.refresh();
    contour.checked = view.now.hasContour;
    place.textContent = placeText(study);
  });
  view.onChange(refresh);
  refresh();
  const reset = button("Reset the view", { class: "quiet small" }, () => view.set({ ...view.start, crosshair: view.now.crosshair }));
  return panel(
    "View", shown.element, swipe.element, tint.element, width.element, middle.element, zoom.element,
    element("div", { class: "row" }, element("label", { class: "check" }, contour, " Contour"), reset), place,
  );
}

function level(study: Study): number {
  const { black, white } = study.scene.view.now;
  return (black + white) / 2;
}

function setWindow(study: Study, width: number, middle: number): void {
  study.scene.view.set({ black: middle - width / 2, white: middle + width / 2 });
}

function placeText(study: Study): string {
  const { image, view } = study.scene;
  const voxel = view.now.crosshair;
  const grey = (image.data[indexOf(image.grid, voxel)] ?? 0) * image.slope + image.inter;
  return `Voxel ${voxel.join(", ")} · ${toWorld(image.grid, voxel).map((mm) => mm.toFixed(1)).join(", ")} mm · grey value ${number(grey)}`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(4)));
}
