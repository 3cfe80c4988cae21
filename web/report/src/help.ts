/** Help: the list of keys, and whether keys are used at all. */

import { button, element } from "./dom";
import { readStored, store } from "./storage";

const KEY = "deskull-keys";
const KEYS: [string, string][] = [
  ["J  K", "next and previous scan"], ["Enter", "open the scan"], ["Esc", "back to all scans; leave a field"],
  ["1 … 5", "rate: 1 useless, 5 perfect"], ["A  E  R", "accept, edit (review), reject"], ["0", "clear the rating and the verdict"],
  ["C", "comment"], ["O", "show or hide contours"], ["V", "3-D viewer of the scan, if embedded"], ["/", "search"], ["?", "this help"],
];

/** Whether keys without a modifier do something; some assistive software needs them for itself. */
export function keysAreUsed(): boolean {
  return readStored(KEY) !== "off";
}

/** Makes the dialog of the help, which is not shown yet. */
export function makeHelp(): HTMLDialogElement {
  const rows = KEYS.map(([keys, meaning]) =>
    element("tr", {}, element("th", { scope: "row" }, ...keys.split("  ").map((key) => element("kbd", {}, key))), element("td", {}, meaning)),
  );
  const used = element("input", { type: "checkbox" });
  used.checked = keysAreUsed();
  used.addEventListener("change", () => store(KEY, used.checked ? "on" : "off"));
  const dialog: HTMLDialogElement = element(
    "dialog", { class: "help", "aria-labelledby": "help-title" },
    element("h2", { id: "help-title" }, "Keys"),
    element("table", {}, element("tbody", {}, ...rows)),
    element("label", {}, used, " Use these keys"),
    element("p", { class: "pale" }, "Marks are kept by this browser at each change. Export them to a file to hand them on."),
    button("Close", { class: "primary" }, () => dialog.close()),
  );
  document.body.append(dialog);
  return dialog;
}
