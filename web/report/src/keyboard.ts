/** Keyboard: one key for each step of a review. */

import { announce, byId } from "../../shared/dom";
import { keysAreUsed } from "../../shared/help";
import type { Listing } from "./listing";
import type { Decision, Marks } from "./marks";
import { toggleContour } from "./pictures";

const DECISIONS: Record<string, Decision> = { a: "accept", e: "edit", r: "reject" };
const FIELDS = "input:not([type=checkbox], [type=file], [type=range]), textarea, select";

export interface Actions {
  move(step: 1 | -1): void;
  open(): void;
  close(): void;
  comment(): void;
  view(): void;
}

/** Listens to keys, except in fields and dialogs, where only Escape is taken: it leaves the field. */
export function listenToKeys(listing: Listing, marks: Marks, actions: Actions, help: HTMLDialogElement): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const target = event.target as HTMLElement;
    if (target.matches?.(FIELDS)) {
      if (event.key === "Escape" || (event.key === "Enter" && target.matches("input"))) target.blur();
      return;
    }
    const isButton = event.key === "Enter" && target.closest("button, a, summary, input") !== null;
    if (isButton || (event.key !== "Escape" && !keysAreUsed())) return;
    if (act(event.key, listing, marks, actions, help)) event.preventDefault();
  });
}

/** Does what a key stands for; returns whether it stands for anything. */
function act(key: string, listing: Listing, marks: Marks, actions: Actions, help: HTMLDialogElement): boolean {
  const steps: Record<string, () => void> = {
    j: () => actions.move(1), k: () => actions.move(-1), c: actions.comment, v: actions.view, o: toggleContour,
    enter: actions.open, escape: actions.close, "?": () => help.showModal(),
    "/": () => {
      actions.close();
      byId("search").focus();
    },
  };
  const name = key.toLowerCase();
  const step = steps[name];
  if (step) step();
  return step !== undefined || mark(name, listing, marks);
}

/** Marks the current scan; returns whether the key stands for a mark. */
function mark(key: string, listing: Listing, marks: Marks): boolean {
  const scan = listing.current;
  if (!scan) return false;
  const decision = DECISIONS[key];
  if (decision) marks.change(scan.name, { decision });
  else if (/^[1-5]$/.test(key)) marks.change(scan.name, { rating: Number(key) });
  else if (key === "0") marks.change(scan.name, { rating: undefined, decision: undefined });
  else return false;
  announce(`${scan.name}: ${decision ?? (key === "0" ? "cleared" : `rating ${key}`)}`);
  return true;
}
