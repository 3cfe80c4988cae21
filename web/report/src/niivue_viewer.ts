/** The viewer with WebGL: NiiVue, whose program is loaded when it is needed. */

import type { NVImage as NVImageType, Niivue as NiivueType } from "@niivue/niivue";
import { loadScript } from "../../shared/load_script";
import type { Images } from "./scripts";

interface Library {
  Niivue: typeof NiivueType;
  NVImage: typeof NVImageType;
}

/** NiiVue's number for two rows of two views. */
const GRID = 2;

let shown: NiivueType | undefined;

/** Shows a scan and its mask on a canvas, and returns what shows them. */
export async function showInNiivue(canvas: HTMLCanvasElement, images: Images): Promise<NiivueType> {
  await loadScript("assets/niivue.js");
  const library = (globalThis as unknown as { niivue: Library }).niivue;
  shown ??= await attach(library, canvas);
  Object.assign(globalThis, { deskullViewer: shown }); // for the browser's console, and for tests
  for (const volume of [...shown.volumes]) shown.removeVolume(volume);
  const scan = await library.NVImage.loadFromBase64({ base64: images.scan, name: "scan.nii.gz", colormap: "gray" });
  const mask = await library.NVImage.loadFromBase64({ base64: images.mask, name: "mask.nii.gz", colormap: "red", opacity: 0.35, cal_min: 0.5, cal_max: 1 });
  shown.addVolume(scan);
  shown.addVolume(mask);
  shown.setInterpolation(true);
  return shown;
}

/** Shows or hides the mask. */
export function setMaskOpacity(opacity: number): void {
  if (shown && shown.volumes.length > 1) shown.setOpacity(1, opacity);
}

async function attach(library: Library, canvas: HTMLCanvasElement): Promise<NiivueType> {
  const made = new library.Niivue({
    isRadiologicalConvention: true, show3Dcrosshair: true, backColor: [0, 0, 0, 1], crosshairColor: [0.3, 0.75, 0.95, 0.8],
    dragAndDropEnabled: false, isResizeCanvas: true, loadingText: "",
  });
  await made.attachToCanvas(canvas);
  made.setSliceType(made.sliceTypeMultiplanar);
  made.setMultiplanarLayout(GRID);
  return made;
}
