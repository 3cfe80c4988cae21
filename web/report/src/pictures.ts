/** Pictures: slices of a scan with the contour of its mask as a second layer, which can be hidden. */

import { announce, button, element } from "../../shared/dom";
import { fileStem, type Scan } from "./data";

/** Makes both layers; they are loaded when they come into view. */
export function layers(scan: Scan, folder: "strips" | "slices", size: [number, number], alt: string): HTMLElement {
  const picture = (suffix: string, attributes: Record<string, string>): HTMLImageElement =>
    element("img", {
      src: `${folder}/${fileStem(scan)}.${suffix}`, width: size[0], height: size[1], loading: "lazy", decoding: "async",
      ...attributes,
    });
  return element(
    "span", { class: `layers ${folder}` },
    picture("webp", { alt }), picture("png", { alt: "", class: "contour" }),
  );
}

/** Shows or hides all contours. */
export function toggleContour(): void {
  const root = document.documentElement;
  root.classList.toggle("no-contour");
  const isHidden = root.classList.contains("no-contour");
  announce(isHidden ? "Contours are hidden." : "Contours are shown.");
  for (const made of document.querySelectorAll(".contour-button")) made.setAttribute("aria-pressed", String(!isHidden));
}

/** Makes the button that shows or hides the contours. */
export function contourButton(): HTMLButtonElement {
  const isShown = !document.documentElement.classList.contains("no-contour");
  return button("Contour", { class: "toggle contour-button", "aria-pressed": String(isShown), title: "Key O" }, toggleContour);
}
