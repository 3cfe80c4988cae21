/** Folder browser: scans of the folder that the server was started with. */

import { api } from "../backend";
import { button, element } from "../../../shared/dom";
import type { Folder } from "../contract";

/** Makes the list of a folder; `start` is called with the paths that were chosen. */
export function folderBrowser(start: (paths: string[]) => void): HTMLElement {
  const place = element("div", { class: "browser-list" });
  const show = async (path: string): Promise<void> => {
    try {
      place.replaceChildren(...listing(await api.folder(path), (next) => void show(next), start));
    } catch (error) {
      place.replaceChildren(element("p", { class: "pale" }, error instanceof Error ? error.message : String(error)));
    }
  };
  void show("");
  return element("section", { class: "card browser", "aria-label": "Scans on the server" }, element("h2", {}, "Scans on the server"), place);
}

function listing(folder: Folder, open: (path: string) => void, start: (paths: string[]) => void): Node[] {
  const inFolder = (name: string): string => (folder.path && folder.path !== "." ? `${folder.path}/${name}` : name);
  const boxes = folder.files.map(({ name }) => element("input", { type: "checkbox", value: inFolder(name) }));
  const strip = button("Strip the chosen", { class: "primary small" }, () => start(boxes.filter((box) => box.checked).map((box) => box.value)));
  const refresh = (): void => { strip.disabled = !boxes.some((box) => box.checked); };
  for (const box of boxes) box.addEventListener("change", refresh);
  refresh();
  const folders = folder.folders.map((name) => element("li", {}, button(`${name}/`, { class: "link" }, () => open(inFolder(name)))));
  const files = folder.files.map(({ name, bytes }, at) =>
    element("li", {}, element("label", {}, boxes[at] as Node, element("span", {}, name), element("span", { class: "pale" }, size(bytes)))));
  const empty = folders.length + files.length ? [] : [element("li", { class: "pale" }, "Nothing here that can be stripped.")];
  return [trail(folder, open), element("ul", {}, ...folders, ...files, ...empty), strip];
}

/** The folders above, each a button. */
function trail(folder: Folder, open: (path: string) => void): HTMLElement {
  const parts = folder.path.split("/").filter((part) => part && part !== ".");
  const buttons = parts.map((part, at) => button(part, { class: "link" }, () => open(parts.slice(0, at + 1).join("/"))));
  const separated = buttons.flatMap((made) => [element("span", { class: "pale", "aria-hidden": "true" }, " / "), made]);
  return element("p", { class: "trail" }, button("Top folder", { class: "link" }, () => open("")), ...separated);
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3).toLocaleString("en")} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
