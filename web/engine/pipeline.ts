/**
 * Pipeline: from a head scan to the mask of its brain; a port of `deskull.pipeline`.
 *
 * The scan is resampled to the grid of the network and scaled; the network predicts a signed distance to the surface of
 * the brain; the distance is resampled to the voxels of the scan, and the mask is where it lies below the border.
 */

import { extremes } from "./arrays";
import { EngineError } from "./errors";
import { planOf } from "./estimate";
import { maskFromDistance, voxelsInside } from "./masking";
import { checkBorder, channelOf, defaultBorder } from "./models/cards";
import { loadNetwork } from "./models/engine";
import { carried, cleaned, predict, prepare, type Prediction } from "./models/prediction";
import { threads } from "./models/runtime";
import { Stages } from "./progress";
import { preprocessingOf } from "./preprocessing/settings";
import { gatherEvidence } from "./quality/gathering";
import { checkVolume, finite, nameOf, voxelMl } from "./volume";
import type { Model, OnProgress, Shape, Stage, StripOptions, StripResult, Surface, SurfaceResult, Volume } from "./types";

/** Masks below this volume, in ml, are refused; outside this range they raise a warning. */
const MIN_BRAIN_ML = 5;
const USUAL_BRAIN_ML = [150, 2300] as const;
/** Grid for which times are planned before the scan's own is known. */
const USUAL_GRID: Shape = [192, 224, 192];

/** Finds the brain in a 3-D scan. */
export async function strip(
  volume: Volume,
  model: Model,
  options: StripOptions = {},
  onProgress?: OnProgress,
  signal?: AbortSignal,
): Promise<StripResult> {
  const { surface = "brain", borderMm = defaultBorder(model.card, surface), icv = false, quality } = options;
  checkOptions(model, surface, borderMm, icv);
  const order: Stage[] = ["load", "conform", "network", "resample", ...(quality ? (["quality"] as const) : [])];
  const stages = new Stages(order, onProgress, signal);
  const { stride } = preprocessingOf(model.card);
  await stages.begin("load", planOf(volume.shape, USUAL_GRID, stride));
  const network = await loadNetwork(model);
  await stages.begin("conform", planOf(volume.shape, USUAL_GRID, stride));
  const warnings: string[] = [];
  const scan = finiteScan(volume, warnings);
  const prepared = prepare(scan, model.card);
  const plan = planOf(scan.shape, prepared.conformed?.shape ?? [1, 1, 1], stride);
  await stages.begin("network", plan);
  const prediction = await predict(prepared, network);
  await stages.begin("resample", plan);
  const result = surfaceResult(scan, prediction, surface, borderMm);
  checkPlausible(scan, result, warnings);
  const border = defaultBorder(model.card, "intracranial");
  const intracranial = icv ? surfaceResult(scan, prediction, "intracranial", border) : undefined;
  if (quality) await stages.begin("quality", plan);
  const evidence = quality && (await gatherEvidence(scan, prediction, result, quality));
  stages.end();
  return {
    ...result,
    shape: scan.shape,
    affine: scan.affine,
    ...(intracranial && { intracranial }),
    model: { name: model.card.name, sha256: model.card.sha256 },
    warnings,
    seconds: stages.seconds,
    threads: threads(),
    ...(evidence && { evidence }),
  };
}

function checkOptions({ card }: Model, surface: Surface, borderMm: number, icv: boolean): void {
  channelOf(card, surface);
  if (icv) channelOf(card, "intracranial");
  checkBorder(card, borderMm);
}

/** The scan with background in place of voxels that are not finite; refuses one that shows nothing. */
function finiteScan(volume: Volume, warnings: string[]): Volume {
  checkVolume(volume);
  const scan = finite(volume);
  const name = nameOf(volume);
  if (scan !== volume) {
    let missing = 0;
    for (const value of volume.values) if (!Number.isFinite(value)) missing++;
    const fraction = missing / volume.values.length;
    if (fraction === 1) throw new EngineError("input", `${name}: no voxel is a number (all are NaN); convert it again.`);
    const percent = Number((100 * fraction).toPrecision(2));
    warnings.push(`${name}: ${percent} % of the voxels are NaN or infinite and are taken as background.`);
  }
  const [low, high] = extremes(scan.values);
  if (low === high) throw new EngineError("input", `${name}: every voxel has the same value; give a scan that shows a head.`);
  return scan;
}

function surfaceResult(scan: Volume, prediction: Prediction, surface: Surface, borderMm: number): SurfaceResult {
  const distance = carried(prediction, cleaned(prediction, surface, borderMm), borderMm);
  const mask = maskFromDistance(distance, borderMm);
  return { surface, borderMm, distance, mask, volumeMl: voxelsInside(mask) * voxelMl(scan.affine) };
}

/** Refuses a mask that is too small to be a brain, and warns of unusual volumes. */
function checkPlausible(scan: Volume, { volumeMl }: SurfaceResult, warnings: string[]): void {
  const name = nameOf(scan);
  if (volumeMl < MIN_BRAIN_ML) {
    const [mask, smallest] = [Number(volumeMl.toPrecision(2)), MIN_BRAIN_ML];
    const size = volumeMl ? ` (the mask has ${mask} ml, and the smallest brains have more than ${smallest} ml)` : "";
    const remedy = "check that the scan shows a head and that its orientation is right";
    throw new EngineError("input", `${name}: no brain found${size}; ${remedy}.`);
  }
  if (volumeMl < USUAL_BRAIN_ML[0] || volumeMl > USUAL_BRAIN_ML[1])
    warnings.push(`${name}: a brain volume of ${Math.round(volumeMl)} ml is unusual; look at the mask.`);
}
