/** Edit panel: what brush, eraser and filling have changed, and its saving. */

import { announce, button, element } from "../../../shared/dom";
import { count } from "../../../shared/format";
import { editorName, keepEditorName } from "../edit/saving";
import { onNextFrame } from "../observable";
import type { Study } from "../study";
import { panel } from "./panel";

export function editPanel(study: Study): HTMLElement {
  const { editor } = study.scene;
  const save = button("Save", { class: "primary small", title: "Ctrl+S" }, () => void saveAndTell(study));
  const discard = button("Discard", { class: "quiet small danger", title: "Remove the edit; the network's mask stays" }, () => void discardAndTell(study));
  const changes = element("p", { class: "pale changes" });
  const refresh = onNextFrame(() => {
    const { added, removed } = study.scene.body.counts;
    save.disabled = !editor.isUnsaved;
    discard.disabled = !added && !removed && !study.job.has_edit;
    changes.textContent = changesText(added, removed, editor.isUnsaved, study.job.has_edit);
  });
  study.onChange(refresh);
  editor.onChange(refresh);
  study.scene.body.onChange(refresh);
  refresh();
  return panel("Edit", changes, element("div", { class: "row" }, nameField(), save, discard));
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
