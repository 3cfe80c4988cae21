/** Keys: what single keys do, in the viewer and in a review. */

import { keysAreUsed, type Meaning } from "../../shared/help";
import { saveAndTell } from "./panels/edit_panel";
import type { Decision } from "./review/ratings";
import type { Study } from "./study";
import type { Tool } from "./edit/editor";
import type { Show } from "./viewer/view";

export const MEANINGS: readonly Meaning[] = [
  ["M  D  X  L  F", "look, draw, erase, outline, fill a hole"], ["[  ]", "smaller and larger brush"], ["B", "disc in the slice, or 3-D ball"],
  ["Ctrl+Z  Ctrl+Shift+Z", "undo, redo"], ["Ctrl+S", "save the edit"], ["−  +", "border by 0.1 mm"], ["S", "scan with mask, brain, swipe"], ["O", "contour"],
  ["6  7  8  9", "one picture alone, or all"], ["Wheel", "slices; with Ctrl zoom"], ["Right button", "drag for window and level; with Shift move the picture"],
  ["J  K", "review: next and previous row"], ["Enter", "review: open the row"], ["1 … 5", "review: rate, 5 is perfect"],
  ["A  E  R  0", "review: accept, review (look again or edit), reject, clear"], ["C", "review: comment"], ["Esc", "leave a field; back to the rows"], ["?", "this help"],
];
export const KEYS_NOTE = "A slice that has the focus: arrow keys move the crosshair, Page Up and Page Down the slice, Space uses the brush at the crosshair.";

export interface Actions {
  study(): Study | undefined;
  /** Each returns whether a review is open. */
  move(step: 1 | -1): boolean;
  open(): boolean;
  rate(rating: Decision | "1" | "2" | "3" | "4" | "5" | ""): boolean;
  comment(): boolean;
  back(): boolean;
}

const FIELDS = "input:not([type=checkbox], [type=file], [type=range]), textarea, select";
const TOOLS: Record<string, Tool> = { m: "move", d: "draw", x: "erase", l: "outline", f: "fill" };
const RATINGS: Record<string, Decision> = { a: "accept", e: "review", r: "reject" };
const SHOWN: readonly Show[] = ["scan", "brain", "swipe"];

/** Listens to keys, except in fields and dialogs. */
export function listenToKeys(actions: Actions, help: HTMLDialogElement): void {
  addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey) {
      if (!target.matches(FIELDS) && withControl(event, actions.study())) event.preventDefault();
      return;
    }
    if (event.altKey) return;
    if (target.matches(FIELDS)) {
      if (event.key === "Escape" || (event.key === "Enter" && target.matches("input"))) target.blur();
      return;
    }
    if (event.key === "Enter" && target.closest("button, a, summary, input")) return;
    if (event.key !== "Escape" && !keysAreUsed()) return;
    if (act(event.key, actions, help)) event.preventDefault();
  });
}

function withControl(event: KeyboardEvent, study: Study | undefined): boolean {
  const key = event.key.toLowerCase();
  if (!study) return false;
  if (key === "z" && !event.shiftKey) study.scene.editor.undo();
  else if (key === "y" || key === "z") study.scene.editor.redo();
  else if (key === "s") void saveAndTell(study);
  else return false;
  return true;
}

function act(key: string, actions: Actions, help: HTMLDialogElement): boolean {
  const name = key.toLowerCase();
  const study = actions.study();
  if (name === "?") help.showModal();
  else if (!(inReview(name, actions) || (study && inViewer(name, study)))) return false;
  return true;
}

function inReview(key: string, actions: Actions): boolean {
  const decision = RATINGS[key];
  if (decision) return actions.rate(decision);
  if (/^[1-5]$/.test(key)) return actions.rate(key as "1");
  const steps: Record<string, () => boolean> = {
    j: () => actions.move(1), k: () => actions.move(-1), enter: actions.open, c: actions.comment, "0": () => actions.rate(""), escape: actions.back,
  };
  return steps[key]?.() ?? false;
}

function inViewer(key: string, study: Study): boolean {
  const { editor, view } = study.scene;
  const tool = TOOLS[key];
  const pane = "6789".indexOf(key);
  const steps: Record<string, () => void> = {
    "[": () => editor.set({ diameterMm: editor.diameterMm - 1 }), "]": () => editor.set({ diameterMm: editor.diameterMm + 1 }),
    b: () => editor.set({ isBall: !editor.isBall }), o: () => view.set({ hasContour: !view.now.hasContour }),
    s: () => view.set({ show: SHOWN[(SHOWN.indexOf(view.now.show) + 1) % SHOWN.length] ?? "scan" }),
    "+": () => study.setBorder(study.border + 0.1), "-": () => study.setBorder(study.border - 0.1), escape: () => editor.set({ tool: "move" }),
  };
  if (tool) editor.set({ tool });
  else if (pane >= 0) view.set({ pane: view.now.pane === pane ? undefined : pane });
  else if (steps[key]) steps[key]?.();
  else return false;
  return true;
}
