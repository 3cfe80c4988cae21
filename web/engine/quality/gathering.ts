/** Gathering: collects the evidence that the quality of a mask is judged by; a port of `deskull.quality.judge`. */

import type { Box } from "../affine";
import { maskFromDistance } from "../masking";
import { channelOf, defaultBorder } from "../models/cards";
import { loadNetwork } from "../models/engine";
import { carried, cleaned, type Prediction } from "../models/prediction";
import { averaged, type Conformed } from "../preprocessing/grid";
import { preprocessingOf } from "../preprocessing/settings";
import { askCritic } from "./critic";
import { MaskEvidence } from "./evidence";
import { SecondNetwork } from "./second";
import type { Effort, Evidence, Model, ModelCard, QualityOptions, SurfaceResult, Volume } from "../types";

/** Whether a second network looks at the image, too; where it does not, it is neither needed nor loaded. */
export function asksSecond(effort: Effort): boolean {
  return effort === "thorough";
}

/**
 * Collects the evidence for the brain at the network's default border: surface and border of the mask move its edge, and
 * do not make it more or less certain. Undefined where there is nothing to judge.
 */
export async function gatherEvidence(
  scan: Volume, prediction: Prediction, result: SurfaceResult, quality: QualityOptions,
): Promise<Evidence | undefined> {
  const { card, conformed } = prediction;
  if (!conformed || !card.surfaces.includes("brain")) return undefined;
  const evidence = new MaskEvidence(ownEvidence(scan, prediction, conformed, result));
  if (!evidence.bounds) return evidence.given;
  const doubt = await askCritic(quality.critic, evidence);
  const { effort, second } = quality;
  const again = second && asksSecond(effort) ? await lookAgain(second, card, conformed, evidence.bounds) : {};
  return { ...evidence.given, ...(doubt && { doubt }), ...again };
}

/** What the network that made the mask tells. */
function ownEvidence(scan: Volume, prediction: Prediction, conformed: Conformed, result: SurfaceResult): Evidence {
  const { card, predicted, grid } = prediction;
  const border = defaultBorder(card, "brain");
  const distance = cleaned(prediction, "brain", border);
  const isSame = result.surface === "brain" && result.borderMm === border;
  return {
    scan,
    mask: isSame ? result.mask : maskFromDistance(carried(prediction, distance, border), border),
    ...grid,
    image: averaged(conformed, preprocessingOf(card).stride).values,
    distance: distance.values,
    predicted: predicted[channelOf(card, "brain")]!.values,
    ...(card.surfaces.includes("intracranial") && { intracranial: predicted[channelOf(card, "intracranial")]!.values }),
    border,
  };
}

/** What the second network predicts around the mask, whose box is `bounds`, for the image and its mirror image. */
async function lookAgain(second: Model, card: ModelCard, conformed: Conformed, bounds: Box): Promise<Partial<Evidence>> {
  const { stride, voxelSize } = preprocessingOf(card);
  const box = bounds.map(([start, stop]) => [start * stride, stop * stride]) as unknown as Box;
  const network = new SecondNetwork(second.card, await loadNetwork(second));
  return {
    second: await network.predict(conformed, voxelSize, box),
    mirrored: await network.mirrored(conformed, voxelSize, box),
    secondSpacing: second.card.voxel_size_mm / (voxelSize * stride),
  };
}
