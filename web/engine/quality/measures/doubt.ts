/**
 * Doubt: what the critic takes to be wrong with the mask, summed up.
 * `deskull.quality.measures.doubt` says what each measure is.
 */

import type { MaskEvidence } from "../evidence";
import { sum } from "../statistics";
import type { Measures } from "../trees";

/** Cells of which more than this part is taken to be wrong are counted as clearly wrong. */
const CLEAR = 0.5;

export function doubtMeasures({ given: { doubt } }: MaskEvidence): Measures {
  if (!doubt) return {};
  const [extra, missing, volume] = [doubt.extra.values, doubt.missing.values, Math.max(doubt.maskCells, 1)];
  const clear = (values: Float32Array): number => sum(values.filter((part) => part > CLEAR));
  return {
    critic_dice: doubt.dice,
    critic_extra: sum(extra) / volume,
    critic_missing: sum(missing) / volume,
    critic_clear: (clear(extra) + clear(missing)) / volume,
    critic_head: doubt.head,
  };
}
