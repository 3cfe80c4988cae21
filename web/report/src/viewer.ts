/** Viewer: the scan itself, if the report was made with --viewer. */

import { canvasViewer } from "./canvas_viewer";
import type { Scan } from "./data";
import { button, element } from "../../shared/dom";
import { readImage } from "./nifti";
import { hasWebGl } from "../../shared/webgl";
import { setMaskOpacity, showInNiivue } from "./niivue_viewer";
import { loadImages } from "./scripts";

const ABSENT = "The scans are not embedded; 'deskull report --viewer' embeds them for a 3-D viewer, at about 0.5 MB for each scan.";
const WITHOUT_WEBGL = "This browser has no WebGL, so slices are drawn without it, and there is no 3-D view.";

export class Viewer {
  readonly element: HTMLElement;
  private readonly canvas = element("canvas", { role: "img", "aria-label": "Scan and mask in three planes and in 3-D; drag to move the crosshair" });
  private readonly place = element("div", { class: "viewer-place", hidden: true });
  private readonly opener = button("Open the viewer", { class: "quiet", "aria-expanded": "false", title: "Key V" }, () => this.toggle());
  private isOpen = false;
  private scan: Scan | undefined;

  constructor(private readonly hasImages: boolean) {
    const slider = element("input", { type: "range", min: 0, max: 1, step: 0.05, value: 0.35, "aria-label": "Opacity of the mask" });
    slider.addEventListener("input", () => setMaskOpacity(Number(slider.value)));
    const opacity = element("label", { class: "pale opacity", hidden: true }, "Mask ", slider);
    const bar = element("div", { class: "bar" }, this.opener, opacity);
    this.element = hasImages ? element("div", { class: "viewer" }, bar, this.place) : element("p", { class: "pale viewer" }, ABSENT);
  }

  /** Shows another scan, if the viewer is open. */
  show(scan: Scan): void {
    this.scan = scan;
    if (this.isOpen) void this.load();
  }

  toggle(): void {
    if (!this.hasImages) return;
    this.isOpen = !this.isOpen;
    this.place.hidden = !this.isOpen;
    this.opener.textContent = this.isOpen ? "Close the viewer" : "Open the viewer";
    this.opener.setAttribute("aria-expanded", String(this.isOpen));
    this.opener.nextElementSibling?.toggleAttribute("hidden", !this.isOpen || !hasWebGl());
    if (this.isOpen) void this.load();
  }

  private async load(): Promise<void> {
    const { scan } = this;
    if (!scan?.hasPicture) return this.say("This scan is not embedded.");
    try {
      const images = await loadImages(scan);
      if (scan !== this.scan) return;
      if (hasWebGl()) {
        this.place.replaceChildren(element("div", { class: "niivue" }, this.canvas));
        await showInNiivue(this.canvas, images);
      } else {
        const slices = canvasViewer(await readImage(images.scan), await readImage(images.mask));
        this.place.replaceChildren(element("p", { class: "notice" }, WITHOUT_WEBGL), slices);
      }
      this.place.dataset.scan = String(scan.number);
    } catch (error) {
      this.say(`The scan could not be shown: ${String(error)}.`);
    }
  }

  private say(text: string): void {
    this.place.replaceChildren(element("p", { class: "pale" }, text));
  }
}
