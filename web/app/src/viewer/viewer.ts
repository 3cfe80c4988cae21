/** Viewer: three slices and a 3-D picture; each can fill the whole place. */

import { button, element } from "../../../shared/dom";
import { PLANE_NAMES } from "./plane";
import { PicturePane } from "./picture_pane";
import type { Scene } from "./scene";
import { SliceView } from "./slice_view";

const WORLDS = [2, 1, 0] as const;

/** Makes the panes of a scene. */
export function makeViewer(scene: Scene): HTMLElement {
  const slices = WORLDS.map((world) => new SliceView(scene, world));
  const panes = [...slices.map((slice) => slice.element), new PicturePane(scene).element];
  const names = [...WORLDS.map((world) => PLANE_NAMES[world]), "3-D"];
  const place = element("div", { class: "viewer" }, ...panes);
  panes.forEach((pane, at) => pane.append(enlarger(scene, names[at] ?? "", at)));
  const arrange = (): void => {
    place.classList.toggle("single", scene.view.now.pane !== undefined);
    panes.forEach((pane, at) => (pane.hidden = scene.view.now.pane !== undefined && scene.view.now.pane !== at));
    place.dataset.tool = scene.editor.tool;
  };
  scene.view.onChange(arrange);
  scene.editor.onChange(arrange);
  arrange();
  for (const slice of slices) slice.redraw();
  return place;
}

/** The button that lets a pane fill the viewer, and shows all again. */
function enlarger(scene: Scene, name: string, at: number): HTMLButtonElement {
  const made = button("⤢", { class: "enlarge", title: `Only this picture, or all (key ${at + 6})`, "aria-pressed": "false", "aria-label": `${name} alone` }, () => {
    scene.view.set({ pane: scene.view.now.pane === at ? undefined : at });
  });
  scene.view.onChange(() => made.setAttribute("aria-pressed", String(scene.view.now.pane === at)));
  return made;
}
