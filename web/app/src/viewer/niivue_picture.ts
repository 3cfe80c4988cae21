/** NiiVue picture: the brain or the head in 3-D, or planes along the axes of the world, drawn by NiiVue with WebGL. */

import type { NVImage as NVImageType, Niivue as NiivueType } from "@niivue/niivue";
import { loadScript } from "../../../shared/load_script";
import { isSoftware } from "../../../shared/webgl";
import { coarsen, type Coarse } from "./coarse";
import { writeNifti } from "./nifti";
import type { Scene } from "./scene";
import type { Drawn3d } from "./view";

interface Library {
  Niivue: typeof NiivueType;
  NVImage: typeof NVImageType;
}

const LIBRARY = "assets/niivue.js";
const MASK_COLOUR = { R: [0, 255], G: [0, 90], B: [0, 64], A: [0, 255], I: [0, 255] };
/** Depth, azimuth and elevation of the plane that opens the head; a depth of 2 cuts nothing. */
const OPENED = [0.1, 180, 20];
const WHOLE = [2, 0, 0];
const SHINE = 0.3;
const SCALE = 1.35;
/** Most voxels along an axis, with a graphics card and without one. */
const MOST = 256;
const MOST_WITHOUT_CARD = 80;

export class NiivuePicture {
  private constructor(private readonly viewer: NiivueType, private readonly scan: NVImageType, private readonly mask: NVImageType, private readonly most: number) {}

  /** Loads NiiVue and shows a scene on a canvas. */
  static async make(canvas: HTMLCanvasElement, scene: Scene): Promise<NiivuePicture> {
    await loadScript(LIBRARY);
    const { Niivue, NVImage } = (globalThis as unknown as { niivue: Library }).niivue;
    const viewer = new Niivue({
      isRadiologicalConvention: true, show3Dcrosshair: false, backColor: [0, 0, 0, 1], crosshairColor: [0.35, 0.71, 0.94, 0.7],
      dragAndDropEnabled: false, isResizeCanvas: true, loadingText: "", isSliceMM: true, isColorbar: false, clipPlaneColor: [0, 0, 0, 0], logLevel: "error",
    });
    await viewer.attachToCanvas(canvas, false);
    viewer.addColormap("deskull", MASK_COLOUR);
    const isSlow = isSoftware(viewer.gl);
    const most = isSlow ? MOST_WITHOUT_CARD : MOST;
    const coarse = coarsen(scene, most);
    const load = (data: Uint8Array, name: string, more: object): Promise<NVImageType> =>
      NVImage.loadFromFile({ file: new File([writeNifti(coarse.shape, coarse.affine, data)], name), name, ...more });
    const scan = await load(coarse.scan, "scan.nii", { colormap: "gray", cal_min: 12, cal_max: 255 });
    const mask = await load(coarse.mask, "mask.nii", { colormap: "deskull", cal_min: 0.5, cal_max: 1, opacity: 0 });
    viewer.addVolume(scan);
    viewer.addVolume(mask);
    viewer.setRenderAzimuthElevation(130, 15);
    viewer.setScale(SCALE);
    if (!isSlow) await viewer.setVolumeRenderIllumination(SHINE);
    const made = new NiivuePicture(viewer, scan, mask, most);
    made.show(scene.view.now.drawn3d, coarse);
    return made;
  }

  /** Shows the present body, window and kind of picture. */
  update(scene: Scene): void {
    this.show(scene.view.now.drawn3d, coarsen(scene, this.most));
  }

  private show(kind: Drawn3d, { scan, mask }: Coarse): void {
    const { viewer } = this;
    const isBrain = kind === "brain";
    (this.scan.img as Uint8Array).set(isBrain ? scan.map((grey, at) => (mask[at] ? Math.max(grey, 1) : 0)) : scan);
    (this.mask.img as Uint8Array).set(mask);
    this.mask.opacity = isBrain ? 0 : kind === "head" ? 0.6 : 0.3;
    viewer.setSliceType(kind === "planes" ? viewer.sliceTypeMultiplanar : viewer.sliceTypeRender);
    viewer.setClipPlane(kind === "head" ? OPENED : WHOLE);
    viewer.updateGLVolume();
  }
}
