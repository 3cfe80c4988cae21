/** Command panel: the line that does the same without this page. */

import { announce, button, element } from "../../../shared/dom";
import type { Study } from "../study";
import { panel } from "./panel";

export function commandPanel(study: Study): HTMLElement {
  const line = element("code", { class: "command", tabindex: 0, "aria-label": "Command line" });
  const note = element("p", { class: "pale" });
  const copy = button("Copy", { class: "quiet small" }, () => {
    navigator.clipboard.writeText(study.command).then(() => announce("Copied."), () => getSelection()?.selectAllChildren(line));
  });
  const refresh = (): void => {
    line.textContent = study.command;
    note.textContent = study.job.has_edit || study.scene.editor.isUnsaved ? "Edits by hand are not part of it." : "";
  };
  study.onChange(refresh);
  refresh();
  return panel("The same on the command line", line, element("div", { class: "row" }, copy, note));
}
