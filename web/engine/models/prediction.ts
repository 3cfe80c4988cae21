/** Prediction: from the voxels of a 3-D scan to what a network predicts for them; a port of `models/prediction.py`. */

import { IDENTITY } from "../affine";
import { keepLargest } from "../masking";
import { coveredPart, findCoverage } from "../preprocessing/coverage";
import { coarsened, type Conformed } from "../preprocessing/grid";
import { applyPreprocessing, preprocessingOf } from "../preprocessing/settings";
import { channelOf } from "./cards";
import type { Network } from "./engine";
import { distanceOnScan, type Destination } from "./surface_distance";
import type { Affine, Field, ModelCard, Shape, Surface, Volume } from "../types";

/** A scan brought to a network. */
export interface Prepared {
  readonly card: ModelCard;
  readonly destination: Destination;
  /** Undefined if the scan has a single value inside the network's grid. */
  readonly conformed: Conformed | undefined;
}

/** What a network predicts for a scan. */
export interface Prediction extends Prepared {
  /** All distances in mm on the grid of the output, by surface. */
  readonly predicted: readonly Field[];
  /** Grid of the output. */
  readonly grid: { readonly shape: Shape; readonly fieldOfView: Uint8Array; readonly affine: Affine };
}

/** Brings a 3-D scan of finite values to a network. */
export function prepare(scan: Volume, card: ModelCard): Prepared {
  const coverage = findCoverage(scan);
  const part = coveredPart(coverage, scan);
  const destination = { part, coverage, shape: scan.shape, far: card.band_mm };
  return { card, destination, conformed: applyPreprocessing(part, preprocessingOf(card)) };
}

/** Runs the network; a scan of a single value is far outside everywhere. */
export async function predict(prepared: Prepared, network: Network): Promise<Prediction> {
  const { card, conformed } = prepared;
  if (!conformed) {
    const nothing: Field = { values: Float32Array.of(card.band_mm), shape: [1, 1, 1] };
    const grid = { shape: nothing.shape, fieldOfView: Uint8Array.of(1), affine: IDENTITY };
    return { ...prepared, predicted: card.surfaces.map(() => nothing), grid };
  }
  const grid = coarsened(conformed, preprocessingOf(card).stride);
  return { ...prepared, predicted: await network(conformed), grid };
}

/** The distance to a surface on the grid of the output, of the largest component of what is nearer than the border. */
export function cleaned(prediction: Prediction, surface: Surface, border: number): Field {
  const predicted = prediction.predicted[channelOf(prediction.card, surface)]!;
  const values = keepLargest(predicted, border, prediction.card.band_mm, prediction.grid.fieldOfView);
  return { values, shape: predicted.shape };
}

/** The distance in mm to a surface on the voxels of the scan. */
export function carried(prediction: Prediction, onGrid: Field, border: number): Float32Array {
  return distanceOnScan(onGrid, prediction.grid.affine, border, prediction.destination);
}
