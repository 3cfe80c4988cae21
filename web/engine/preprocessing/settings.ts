/** Settings of preprocessing: how a scan is brought to a network; a port of `preprocessing/settings.py`. */

import { voxelSizes } from "../affine";
import { EngineError } from "../errors";
import { nameOf } from "../volume";
import { sampleOnGrid, type Conformed } from "./grid";
import { chooseGrid, type Grid } from "./grid_choice";
import { clipCt, rescale } from "./intensity";
import { limitRange } from "./value_range";
import type { ModelCard, Volume } from "../types";

export interface Preprocessing {
  /** Voxel size of the network in mm. */
  readonly voxelSize: number;
  /** Each size of the grid is a multiple of this. */
  readonly sizeMultiple: number;
  /** Number of the network's voxels, along each edge, that make one voxel of its output. */
  readonly stride: number;
}

/** Values of a card's settings that this engine can meet; the others are N4, fixed sizes and other scalings. */
const SUPPORTED: Readonly<Record<string, unknown>> = { size: null, n4: false, intensity: "rescale", interpolation: "linear" };

/** Reads the settings of a card; refuses those that are not part of the engine of the page. */
export function preprocessingOf(card: ModelCard): Preprocessing {
  const settings = card.preprocess ?? {};
  for (const [name, supported] of Object.entries(SUPPORTED)) {
    const value = settings[name] ?? supported;
    if (value !== supported)
      throw new EngineError(
        "usage",
        `The network ${card.name} needs ${name} = ${JSON.stringify(value)}, which the page cannot do; use the command deskull.`,
      );
  }
  const preprocessing = {
    voxelSize: card.voxel_size_mm,
    sizeMultiple: card.size_multiple,
    stride: Number(settings["stride"] ?? 1),
  };
  if (!Object.values(preprocessing).every((value) => Number.isFinite(value) && value > 0))
    throw new EngineError("usage", `The card of the network ${card.name} has unusable settings; export the network again.`);
  return preprocessing;
}

/** The grid on which the network sees a 3-D scan of finite values. */
export function gridOf(scan: Volume, settings: Preprocessing): Grid {
  return chooseGrid(limitRange(clipCt(scan)), settings.voxelSize, settings.sizeMultiple);
}

/** Brings a 3-D scan of finite values to the network's grid and intensities; undefined if it has one value there. */
export function applyPreprocessing(scan: Volume, settings: Preprocessing): Conformed | undefined {
  const limited = limitRange(clipCt(scan));
  const grid = chooseGrid(limited, settings.voxelSize, settings.sizeMultiple);
  const conformed = sampleOnGrid(limited, grid.shape, grid.affine);
  const [low, high] = extremesInside(conformed);
  if (low > high) throw tooSmall(scan);
  if (low === high) return undefined;
  return { ...conformed, values: rescale(conformed.values, conformed.fieldOfView, conformed.shape) };
}

function extremesInside({ values, fieldOfView }: Conformed): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (!fieldOfView[i]) continue;
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  return [low, high];
}

function tooSmall(scan: Volume): EngineError {
  const sizes = voxelSizes(scan.affine);
  const edges = scan.shape.map((size, axis) => Number((size * sizes[axis]!).toPrecision(3)));
  const reason = "too small for a head; check the voxel sizes in its header";
  return new EngineError("input", `${nameOf(scan)}: is ${edges.join(" x ")} mm, ${reason}.`);
}
