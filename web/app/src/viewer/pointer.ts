/** Pointer: mouse, pen and finger on a slice: crosshair, brush, swipe, shift, window, slices and zoom. */

import type { SliceView } from "./slice_view";

/** What a drag does, from where the pointer was to where it is, in pixels of the canvas. */
type Drag = (event: PointerEvent, from: [number, number]) => void;

const NEAR_SWIPE = 14;
const MAX_ZOOM = 16;

export function listenToPointer(slice: SliceView): void {
  const { canvas } = slice;
  let drag: Drag | undefined;
  let last: [number, number] = [0, 0];
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    last = placeOf(event, canvas);
    drag = beginDrag(slice, event);
    drag(event, last);
  });
  canvas.addEventListener("pointermove", (event) => {
    slice.pointed = slice.frame.toSlice(...placeOf(event, canvas));
    drag?.(event, last);
    last = placeOf(event, canvas);
    if (slice.scene.editor.hasBrush) slice.redraw();
  });
  const end = (): void => { if (drag) slice.scene.editor.endStroke(); drag = undefined; };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => { slice.pointed = undefined; slice.redraw(); });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("wheel", (event) => turn(slice, event), { passive: false });
}

function beginDrag(slice: SliceView, event: PointerEvent): Drag {
  const { view, editor } = slice.scene;
  if (event.button === 1 || event.shiftKey) return (move, from) => shift(slice, move, from);
  if (event.button === 2) return (move, from) => changeWindow(slice, move, from);
  const split = slice.canvas.width * view.now.swipe;
  if (view.now.show === "swipe" && Math.abs(placeOf(event, slice.canvas)[0] - split) < NEAR_SWIPE * (devicePixelRatio || 1)) {
    return (move) => view.set({ swipe: Math.min(1, Math.max(0, placeOf(move, slice.canvas)[0] / slice.canvas.width)) });
  }
  if (editor.tool === "move") return (move) => moveCrosshair(slice, move);
  return (move, from) => editor.use(slice.plane, slice.slice, slice.frame.toSlice(...from), slice.frame.toSlice(...placeOf(move, slice.canvas)));
}

function moveCrosshair(slice: SliceView, event: PointerEvent): void {
  const pixel = slice.pixelAt(slice.frame.toSlice(...placeOf(event, slice.canvas)));
  if (pixel) slice.scene.view.set({ crosshair: slice.plane.voxelOf(...pixel, slice.slice) });
}

function shift(slice: SliceView, event: PointerEvent, from: [number, number]): void {
  const [x, y] = placeOf(event, slice.canvas);
  slice.frame.shift(x - from[0], y - from[1]);
  slice.redraw();
}

/** To the right makes the window wider; upwards makes the picture brighter. */
function changeWindow(slice: SliceView, event: PointerEvent, from: [number, number]): void {
  const { view } = slice.scene;
  const [x, y] = placeOf(event, slice.canvas);
  const width = view.now.white - view.now.black;
  const step = (view.start.white - view.start.black) / 400;
  const wider = Math.max(width + (x - from[0]) * step, step);
  const middle = (view.now.white + view.now.black) / 2 + (y - from[1]) * step;
  view.set({ black: middle - wider / 2, white: middle + wider / 2 });
}

function turn(slice: SliceView, event: WheelEvent): void {
  event.preventDefault();
  if (!event.ctrlKey) return slice.goTo(slice.slice + (event.deltaY < 0 ? 1 : -1));
  const { view } = slice.scene;
  const zoom = Math.min(MAX_ZOOM, Math.max(1, view.now.zoom * (event.deltaY < 0 ? 1.25 : 0.8)));
  if (slice.pointed && view.now.zoom <= 1) slice.frame.centreOn(...slice.pointed);
  view.set({ zoom });
}

/** Place of an event in pixels of the canvas. */
function placeOf(event: PointerEvent, canvas: HTMLCanvasElement): [number, number] {
  const box = canvas.getBoundingClientRect();
  return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
}
