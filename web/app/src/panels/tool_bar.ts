/** Tool bar: over the viewer: the tools of the edit, the size of the brush, and the way back. */

import { button, element } from "../../../shared/dom";
import { SIZES_MM, type Tool } from "../edit/editor";
import { onNextFrame } from "../observable";
import { segmented } from "../segmented";
import type { Study } from "../study";
import { slider } from "./panel";

const TOOLS: [Tool, string, string][] = [
  ["move", "Look", "Move the crosshair (key M)"], ["draw", "Draw", "Add to the mask (key D)"],
  ["erase", "Erase", "Take from the mask (key X)"], ["outline", "Outline", "Add what a line goes around in the slice (key L)"], ["fill", "Fill", "Fill a hole that is clicked into (key F)"],
];
const REACHES: ["slice" | "ball", string, string][] = [["slice", "Slice", "The brush is a disc in the slice (key B)"], ["ball", "Ball", "The brush is a ball; holes are filled in 3-D (key B)"]];

export function toolBar(study: Study): HTMLElement {
  const { editor } = study.scene;
  const tools = segmented("Tool", TOOLS, () => editor.tool, (tool) => editor.set({ tool }));
  const reach = segmented("Reach of the brush", REACHES, () => (editor.isBall ? "ball" : "slice"), (value) => editor.set({ isBall: value === "ball" }));
  const size = slider("Brush", { min: SIZES_MM.least, max: SIZES_MM.most, step: 1 }, () => editor.diameterMm, (diameterMm) => editor.set({ diameterMm }), () => `${editor.diameterMm} mm`);
  const undo = button("↶", { class: "quiet small", title: "Undo (Ctrl+Z)", "aria-label": "Undo" }, () => editor.undo());
  const redo = button("↷", { class: "quiet small", title: "Redo (Ctrl+Shift+Z)", "aria-label": "Redo" }, () => editor.redo());
  const refresh = onNextFrame(() => {
    for (const part of [tools, reach, size]) part.refresh();
    undo.disabled = !editor.history.canUndo;
    redo.disabled = !editor.history.canRedo;
  });
  editor.onChange(refresh);
  refresh();
  return element(
    "div", { class: "tool-bar", role: "group", "aria-label": "Tools" },
    tools.element, size.element, reach.element, element("div", { class: "history" }, undo, redo),
  );
}
