/**
 * Critic: predicts the errors of a mask from the scan and the mask together; a port of `deskull.quality.critic.critic`,
 * which says what the network is.
 */

import { clamp } from "../affine";
import { count, fromCOrder } from "../arrays";
import { loadingOnce, loadSession, type Output } from "../models/runtime";
import type { Doubt, Field, Shape } from "../types";
import { CELL_VOXELS, cellsOf, channelsOf, N_CHANNELS, windowOf, type Window } from "./cells";
import type { MaskEvidence } from "./evidence";
import { mean, sum } from "./statistics";

/** Loads a critic, once for each file. */
const loadCritic = loadingOnce((onnx: Uint8Array) => loadSession(onnx, "that looks at masks"));

/** Predicts what is wrong with a mask; undefined if it is empty. */
export async function askCritic(onnx: Uint8Array, evidence: MaskEvidence): Promise<Doubt | undefined> {
  const window = windowOf(evidence);
  if (!window) return undefined;
  const cells = cellsOf(window.shape);
  const critic = await loadCritic(onnx);
  const { doubt, summary } = await critic(channelsOf(window), [1, N_CHANNELS, ...cells]);
  const [dice, head] = summary!.data;
  return {
    extra: channel(doubt!, 0, cells),
    missing: channel(doubt!, 1, cells),
    dice: dice!,
    head: head!,
    maskCells: maskCells(window, mean(evidence.spacing)),
  };
}

function channel({ data }: Output, index: number, shape: Shape): Field {
  const size = count(shape);
  return { values: fromCOrder(data.subarray(index * size, (index + 1) * size), shape), shape };
}

/** The volume of the mask in cells, with voxels at the edge counted in part. */
function maskCells({ depth, seen }: Window, voxelMm: number): number {
  const inside = depth.map((distance, voxel) => (seen[voxel] ? clamp(0.5 - distance / voxelMm, 0, 1) : 0));
  return sum(inside) / CELL_VOXELS;
}
