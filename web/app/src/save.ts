/** Save: has the browser save a file that was made here. */

import { element } from "../../shared/dom";
import type { SavedFile } from "./backend";

const KEPT_MS = 60_000;

export function save({ name, content }: SavedFile): void {
  const address = URL.createObjectURL(content);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
