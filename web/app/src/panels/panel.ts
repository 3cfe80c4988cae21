/** Panel: a part of the column beside the viewer. */

import { element, type Child } from "../../../shared/dom";

export function panel(title: string, ...children: Child[]): HTMLElement {
  return element("section", { class: "panel", "aria-label": title }, element("h3", {}, title), ...children);
}

/** A slider with its name and, where there is one, its value in words. */
export function slider(
  name: string, limits: { min: number; max: number; step: number }, read: () => number, write: (value: number) => void, words?: () => string,
): { element: HTMLElement; refresh: () => void } {
  const input = element("input", { type: "range", ...limits });
  const output = element("output", { class: "pale" });
  input.addEventListener("input", () => write(Number(input.value)));
  const refresh = (): void => {
    input.value = String(read());
    output.textContent = words?.() ?? "";
  };
  refresh();
  return { element: element("label", { class: "slider" }, element("span", {}, name), input, output), refresh };
}
