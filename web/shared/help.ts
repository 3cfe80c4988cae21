/** Help: the list of keys, and whether keys are used at all. */

import { button, element } from "./dom";
import { readStored, store } from "./storage";

const KEY = "deskull-keys";

/** Keys, apart by two spaces, and what they do. */
export type Meaning = readonly [keys: string, meaning: string];

/** Whether keys without a modifier do something; some assistive software needs them for itself. */
export function keysAreUsed(): boolean {
  return readStored(KEY) !== "off";
}

/** Makes the dialog of the help, which is not shown yet. */
export function makeHelp(keys: readonly Meaning[], note: string): HTMLDialogElement {
  const rows = keys.map(([names, meaning]) =>
    element("tr", {}, element("th", { scope: "row" }, ...names.split("  ").map((key) => element("kbd", {}, key))), element("td", {}, meaning)),
  );
  const used = element("input", { type: "checkbox" });
  used.checked = keysAreUsed();
  used.addEventListener("change", () => store(KEY, used.checked ? "on" : "off"));
  const dialog: HTMLDialogElement = element(
    "dialog", { class: "help", "aria-labelledby": "help-title" },
    element("h2", { id: "help-title" }, "Keys"),
    element("table", {}, element("tbody", {}, ...rows)),
    element("label", {}, used, " Use these keys"),
    element("p", { class: "pale" }, note),
    button("Close", { class: "primary" }, () => dialog.close()),
  );
  document.body.append(dialog);
  return dialog;
}
