/** Quality panel: the volume, which follows the border, and how far the network's mask can be trusted. */

import { badge } from "../../../shared/badge";
import { element, type Child } from "../../../shared/dom";
import { dice, millilitres } from "../../../shared/format";
import type { Quality } from "../contract";
import { onNextFrame } from "../observable";
import type { Study } from "../study";
import { panel } from "./panel";

export function qualityPanel(study: Study): HTMLElement {
  const volume = element("output", { class: "number", "aria-label": "Volume" });
  const about = element("p", { class: "pale" });
  const refresh = onNextFrame(() => {
    const { volumeMl, counts } = study.scene.body;
    volume.textContent = millilitres(volumeMl);
    const changes = counts.added + counts.removed > 0 ? "with the edit" : study.isAsMade ? "of the mask as it was made" : "at the border shown";
    about.textContent = `${study.surface === "brain" ? "brain" : "intracranial"} volume ${changes}`;
  });
  study.scene.body.onChange(refresh);
  study.onChange(refresh);
  refresh();
  const { quality } = study.job;
  return panel("Result", volume, about, ...(quality ? verdict(quality) : [element("p", { class: "pale" }, "No quality is stated for this mask.")]));
}

function verdict(quality: Quality): Child[] {
  const figures = [
    ["Predicted Dice", dice(quality.predicted_dice)], ["Most likely above", dice(quality.lower_bound)],
    ["Edge within", quality.margin_mm === null ? "–" : `${quality.margin_mm.toFixed(1)} mm`],
  ];
  const rows = figures.map(([name = "", value = ""]) => element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value)));
  return [
    element("div", { class: "verdict-line" }, badge(quality.verdict), element("span", { class: "pale" }, "of the mask as it was made")),
    element("table", { class: "facts" }, element("tbody", {}, ...rows)),
    ...sentences("Reasons", quality.reasons), ...sentences("Found in the scan", quality.findings),
  ];
}

function sentences(title: string, texts: readonly string[]): Child[] {
  if (!texts.length) return [];
  return [element("h4", {}, title), element("ul", { class: "sentences" }, ...texts.map((text) => element("li", {}, text)))];
}
