/** Picture pane: the 3-D picture beside the slices, or a sentence where the browser cannot draw it. */

import { element } from "../../../shared/dom";
import { hasWebGl } from "../../../shared/webgl";
import { segmented } from "../segmented";
import { whenQuiet } from "../observable";
import { NiivuePicture } from "./niivue_picture";
import type { Scene } from "./scene";
import type { Drawn3d } from "./view";

const WITHOUT_WEBGL = "This browser has no WebGL, so there is no 3-D picture. The slices, the border and the brush work without it.";
const KINDS: [Drawn3d, string][] = [["brain", "Brain"], ["head", "Head"], ["planes", "Planes"]];
const DELAY_MS = 300;

export class PicturePane {
  readonly element = element("div", { class: "pane picture-pane" });
  private readonly canvas = element("canvas", { role: "img", "aria-label": "3-D picture of the brain; drag to turn it" });
  private picture: NiivuePicture | undefined;

  constructor(private readonly scene: Scene) {
    if (!hasWebGl()) {
      this.element.append(element("p", { class: "pane-note" }, WITHOUT_WEBGL));
      return;
    }
    const kinds = segmented("3-D picture", KINDS, () => scene.view.now.drawn3d, (kind) => scene.view.set({ drawn3d: kind }));
    scene.view.onChange(kinds.refresh);
    this.element.append(element("div", { class: "niivue" }, this.canvas), kinds.element);
    const refresh = whenQuiet(DELAY_MS, () => this.picture?.update(scene));
    scene.body.onChange(refresh);
    let shown = this.shownKey;
    scene.view.onChange(() => {
      if (shown === this.shownKey) return;
      shown = this.shownKey;
      refresh();
    });
    requestAnimationFrame(() => void this.load());
  }

  /** What of the view the picture depends on. */
  private get shownKey(): string {
    const { drawn3d, black, white } = this.scene.view.now;
    return [drawn3d, black, white].join();
  }

  private async load(): Promise<void> {
    try {
      this.picture = await NiivuePicture.make(this.canvas, this.scene);
      this.element.dataset.ready = "";
    } catch (error) {
      this.element.replaceChildren(element("p", { class: "pane-note" }, `The 3-D picture could not be made: ${error instanceof Error ? error.message : String(error)}`));
    }
  }
}
