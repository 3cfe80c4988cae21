/** Run options: how the next scans are stripped. */

import { element } from "../../../shared/dom";
import type { Model, Options, Surface } from "../contract";

/** Makes the form; `read` returns what it says. */
export function runOptions(models: readonly Model[]): { element: HTMLElement; read: () => Options } {
  const model = element("select", { "aria-label": "Network" }, ...models.map((one) => element("option", { value: one.name }, one.name)));
  const surface = element("select", { "aria-label": "Surface" });
  const border = element("input", { type: "number", step: 0.1, class: "mm", "aria-label": "Border in mm; empty for the usual one" });
  const about = element("p", { class: "pale" });
  const refresh = (): void => {
    const chosen = models.find((one) => one.name === model.value);
    const before = surface.value;
    surface.replaceChildren(...(chosen?.surfaces ?? ["brain"]).map((name) => element("option", { value: name }, name)));
    if (chosen?.surfaces.includes(before as Surface)) surface.value = before;
    border.placeholder = String(chosen?.default_border_mm[surface.value as Surface] ?? 0);
    about.textContent = chosen?.description ?? "";
  };
  for (const field of [model, surface]) field.addEventListener("change", refresh);
  refresh();
  const fields = element(
    "div", { class: "fields" }, element("label", {}, "Network ", model), element("label", {}, "Surface ", surface), element("label", {}, "Border ", border, " mm"),
  );
  const read = (): Options => ({ model: model.value, surface: surface.value as Surface, border_mm: border.value === "" ? null : Number(border.value) });
  return { element: element("details", { class: "options" }, element("summary", {}, "Options"), fields, about), read };
}
