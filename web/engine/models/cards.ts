/** Cards: what the engine reads of the JSON beside a network; a port of `deskull.models.cards`. */

import { EngineError } from "../errors";
import type { Model, ModelCard, Surface } from "../types";

/** Distance from a surface in mm at which a mask ends where nothing else is chosen. */
export function defaultBorder(card: ModelCard, surface: Surface): number {
  return card.default_border_mm?.[surface] ?? 0;
}

/** Number of the output channel of a surface. */
export function channelOf(card: ModelCard, surface: Surface): number {
  const channel = card.surfaces.indexOf(surface);
  if (channel < 0)
    throw new EngineError("usage", `The network ${card.name} has no ${surface} surface; choose ${card.surfaces.join(" or ")}.`);
  return channel;
}

/** Refuses a border that a network cannot meet. */
export function checkBorder(card: ModelCard, border: number): void {
  if (!(Math.abs(border) < card.band_mm))
    throw new EngineError("usage", `The border must lie within ${card.band_mm} mm of the surface; choose a smaller one.`);
  if (border && card.distances === false)
    throw new EngineError("usage", `The network ${card.name} predicts no distances; choose a border of 0.`);
}

/** Refuses a network whose file is not the one for which the card was written. */
export async function checkContent({ onnx, card }: Model): Promise<void> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(onnx)));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (sha256 !== card.sha256)
    throw new EngineError("usage", `The network ${card.name} does not match its card; build the page again.`);
}
