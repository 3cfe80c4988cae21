/** Gathering: collects the evidence that the quality of a mask is judged by; a port of `deskull.quality.judge`. */

import { boundsOf } from "../boxes";
import { maskFromDistance } from "../masking";
import { channelOf, defaultBorder } from "../models/cards";
import { loadNetwork } from "../models/engine";
import { carried, cleaned, type Prediction } from "../models/prediction";
import { averaged } from "../preprocessing/grid";
import { preprocessingOf } from "../preprocessing/settings";
import { SecondNetwork } from "./second";
import type { Evidence, Model, SurfaceResult, Volume } from "../types";

/**
 * Collects the evidence for the brain at the network's default border: surface and border of the mask move its edge, and
 * do not make it more or less certain. Undefined where there is nothing to judge.
 */
export async function gatherEvidence(
  scan: Volume,
  prediction: Prediction,
  result: SurfaceResult,
  second: Model,
  mirror = false,
): Promise<Evidence | undefined> {
  const { card, conformed, predicted, grid } = prediction;
  if (!conformed || !card.surfaces.includes("brain")) return undefined;
  const image = averaged(conformed, preprocessingOf(card).stride);
  const border = defaultBorder(card, "brain");
  const distance = cleaned(prediction, "brain", border);
  const isSame = result.surface === "brain" && result.borderMm === border;
  const evidence: Evidence = {
    scan,
    mask: isSame ? result.mask : maskFromDistance(carried(prediction, distance, border), border),
    ...grid,
    image: image.values,
    distance: distance.values,
    predicted: predicted[channelOf(card, "brain")]!.values,
    ...(card.surfaces.includes("intracranial") && { intracranial: predicted[channelOf(card, "intracranial")]!.values }),
    border,
  };
  const inside = maskFromDistance(distance.values, border);
  const bounds = boundsOf(inside.map((value, place) => value & grid.fieldOfView[place]!), grid.shape);
  if (!bounds) return evidence;
  const network = new SecondNetwork(second.card, await loadNetwork(second));
  return {
    ...evidence,
    second: await network.look(image, bounds),
    ...(mirror && { mirrored: await network.mirrored(image, bounds) }),
  };
}
