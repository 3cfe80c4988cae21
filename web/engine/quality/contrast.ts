/**
 * Contrast: which kind of scan it is, guessed from the brightness of fluid, both kinds of tissue and the scalp.
 * `deskull.quality.contrast` says why, and where the limits are from.
 */

import { isCt } from "../preprocessing/intensity";
import type { Volume } from "../types";
import type { Measures } from "./trees";

/** Kind of scan; null where the brightness fits no contrast well. */
export type Contrast = "T1w" | "T2w" | "FLAIR" | "PD" | "EPI or b0" | "CT" | null;

/** Guesses the contrast of a scan; T1w with a contrast agent counts as T1w. */
export function guessContrast(scan: Volume, measures: Measures): Contrast {
  return isCt(scan) ? "CT" : contrastOfMr(measures);
}

/** Guesses the contrast of an MR image by its measures. */
export function contrastOfMr(measures: Measures): Contrast {
  const value = (name: string): number => measures[name] ?? NaN;
  const [darkest, brightest, skull, scalp] = [value("darkest"), value("brightest"), value("bright_skull"), value("bright_scalp")];
  const whiteToGrey = value("bright_core") / value("bright_cortex");
  if (![darkest, brightest, skull, scalp, whiteToGrey].every(Number.isFinite)) return null;
  const [hasScalp, noScalp] = [scalp > 0.5, skull < 0.35 && scalp < 0.45];
  if (brightest > 1.6 && whiteToGrey < 1) return ofBrightFluid(darkest, hasScalp, noScalp);
  if (darkest < 0.6 && brightest < 1.8) return ofDarkFluid(darkest, whiteToGrey);
  if (noScalp) return "EPI or b0";
  return hasScalp && darkest > 0.7 && brightest < 1.35 && whiteToGrey < 1 ? "PD" : null;
}

/** Where fluid is far brighter than tissue. */
function ofBrightFluid(darkest: number, hasScalp: boolean, noScalp: boolean): Contrast {
  if (noScalp) return "EPI or b0";
  return hasScalp && darkest > 0.5 ? "T2w" : null;
}

/** Where fluid is darker than tissue. */
function ofDarkFluid(darkest: number, whiteToGrey: number): Contrast {
  if (whiteToGrey < 0.96 || (darkest < 0.17 && whiteToGrey < 1.2)) return "FLAIR";
  return whiteToGrey > 1.3 || (whiteToGrey > 1.06 && darkest > 0.2) ? "T1w" : null;
}
