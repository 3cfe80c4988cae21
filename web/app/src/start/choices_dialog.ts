/** Choices dialog: where several scans were found, those to strip are ticked; none is guessed. */

import { button, element } from "../../../shared/dom";
import { count } from "../../../shared/format";
import type { Choice } from "../contract";

/** Asks which to strip; returns their ids, none if it was closed. */
export function askForChoices(choices: readonly Choice[]): Promise<string[]> {
  const boxes = choices.map((choice) => element("input", { type: "checkbox", value: choice.id }));
  const rows = choices.map((choice, at) => element("li", {}, element("label", {}, boxes[at] as Node, describe(choice))));
  const start = button("Strip", { class: "primary" }, () => dialog.close("start"));
  const all = button("Choose all", { class: "quiet" }, () => { for (const box of boxes) box.checked = true; refresh(); });
  const dialog: HTMLDialogElement = element(
    "dialog", { class: "choices", "aria-labelledby": "choices-title" },
    element("h2", { id: "choices-title" }, "Which of these shall be stripped?"),
    element("p", { class: "pale" }, `${count(choices.length, "scan")} found. Each that is chosen becomes a job of its own.`),
    element("ul", {}, ...rows),
    element("div", { class: "row" }, all, button("Cancel", { class: "quiet" }, () => dialog.close()), start),
  );
  const refresh = (): void => {
    const chosen = boxes.filter((box) => box.checked).length;
    start.disabled = chosen === 0;
    start.textContent = chosen ? `Strip ${count(chosen, "scan")}` : "Strip";
  };
  for (const box of boxes) box.addEventListener("change", refresh);
  refresh();
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue === "start" ? boxes.filter((box) => box.checked).map((box) => box.value) : []);
  }));
}

function describe(choice: Choice): HTMLElement {
  const facts = [
    choice.kind === "image" ? "image" : `DICOM series, ${count(choice.n_files, "file")}`,
    choice.shape ? choice.shape.join(" × ") : "", choice.note,
  ];
  return element("span", {}, element("b", {}, choice.label), element("span", { class: "pale" }, facts.filter(Boolean).join(" · ")));
}
