/** Edit panel: brush, eraser and filling of holes, and what they have changed. */

import { announce, button, element } from "../../../shared/dom";
import { count } from "../../../shared/format";
import { SIZES_MM, type Tool } from "../edit/editor";
import { editorName, keepEditorName } from "../edit/saving";
import { onNextFrame } from "../observable";
import { segmented } from "../segmented";
import type { Study } from "../study";
import { panel, slider } from "./panel";

const TOOLS: [Tool, string, string][] = [
  ["move", "Look", "Move the crosshair (key M)"], ["draw", "Draw", "Add to the mask (key D)"],
  ["erase", "Erase", "Take from the mask (key X)"], ["fill", "Fill", "Fill a hole that is clicked into (key F)"],
];
const REACHES: ["slice" | "ball", string, string][] = [["slice", "In the slice", "The brush is a disc"], ["ball", "3-D ball", "The brush is a ball; holes are filled in 3-D"]];

export function editPanel(study: Study): HTMLElement {
  const { editor } = study.scene;
  const tools = segmented("Tool", TOOLS, () => editor.tool, (tool) => editor.set({ tool }));
  const reach = segmented("Reach of the brush", REACHES, () => (editor.isBall ? "ball" : "slice"), (value) => editor.set({ isBall: value === "ball" }));
  const size = slider("Brush", { min: SIZES_MM.least, max: SIZES_MM.most, step: 1 }, () => editor.diameterMm, (diameterMm) => editor.set({ diameterMm }), () => `${editor.diameterMm} mm`);
  const undo = button("Undo", { class: "quiet small", title: "Ctrl+Z" }, () => editor.undo());
  const redo = button("Redo", { class: "quiet small", title: "Ctrl+Shift+Z" }, () => editor.redo());
  const save = button("Save the edit", { class: "primary small", title: "Ctrl+S" }, () => void saveAndTell(study));
  const discard = button("Discard", { class: "quiet small danger", title: "Remove the edit; the network's mask stays" }, () => void discardAndTell(study));
  const changes = element("p", { class: "pale changes" });
  const refresh = onNextFrame(() => {
    for (const part of [tools, reach, size]) part.refresh();
    const { added, removed } = study.scene.body.counts;
    undo.disabled = !editor.history.canUndo;
    redo.disabled = !editor.history.canRedo;
    save.disabled = !editor.isUnsaved;
    discard.disabled = !added && !removed && !study.job.has_edit;
    changes.textContent = changesText(added, removed, editor.isUnsaved, study.job.has_edit);
  });
  study.onChange(refresh);
  editor.onChange(refresh);
  study.scene.body.onChange(refresh);
  refresh();
  return panel(
    "Edit", tools.element, reach.element, size.element,
    element("div", { class: "row" }, undo, redo, discard), changes, element("div", { class: "row" }, nameField(), save),
  );
}

/** Saves the edit and says what was saved. */
export async function saveAndTell(study: Study): Promise<void> {
  try {
    const { added_voxels: added, removed_voxels: removed } = await study.save();
    announce(`The edit is saved: ${count(added, "voxel")} added, ${removed.toLocaleString("en")} removed.`);
  } catch (error) {
    announce(`The edit is not saved. ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function discardAndTell(study: Study): Promise<void> {
  if (!confirm("Discard the edit of this mask? The network's mask stays.")) return;
  await study.discard().then(() => announce("The edit is discarded."), (error: unknown) => announce(String(error)));
}

function nameField(): HTMLInputElement {
  const field = element("input", { type: "text", class: "field", placeholder: "Your name", "aria-label": "Your name, saved with the edit", maxlength: 80 });
  field.value = editorName();
  field.addEventListener("change", () => keepEditorName(field.value));
  return field;
}

function changesText(added: number, removed: number, isUnsaved: boolean, isSaved: boolean): string {
  const state = isUnsaved ? "not saved yet" : isSaved ? "saved" : "";
  if (!added && !removed) return isUnsaved ? "No change left; not saved yet." : "The network's mask is not changed: an edit is kept apart from it.";
  return `${count(added, "voxel")} added, ${removed.toLocaleString("en")} removed${state ? `; ${state}` : ""}.`;
}
