/** Slice keys: a slice that has the focus is moved through, and edited, without a mouse. */

import type { SliceView } from "./slice_view";

const STEPS: Record<string, [across: number, down: number]> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};

export function listenToSliceKeys(slice: SliceView): void {
  slice.canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!act(slice, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function act(slice: SliceView, key: string): boolean {
  const step = STEPS[key];
  if (step) moveBy(slice, ...step);
  else if (key === "PageUp" || key === "PageDown") slice.goTo(slice.slice + (key === "PageUp" ? 1 : -1));
  else if (key === " ") useTool(slice);
  else return false;
  return true;
}

function moveBy(slice: SliceView, across: number, down: number): void {
  const { view } = slice.scene;
  const [column, row] = slice.plane.pixelOf(view.now.crosshair);
  const pixel = slice.pixelAt([column + across, row + down]);
  if (!pixel) return;
  view.set({ crosshair: slice.plane.voxelOf(...pixel, slice.slice) });
  slice.pointed = [pixel[0] + 0.5, pixel[1] + 0.5];
}

function useTool(slice: SliceView): void {
  const { editor, view } = slice.scene;
  if (editor.tool === "move") return;
  const [column, row] = slice.plane.pixelOf(view.now.crosshair);
  editor.use(slice.plane, slice.slice, [column + 0.5, row + 0.5], [column + 0.5, row + 0.5]);
  editor.endStroke();
}
