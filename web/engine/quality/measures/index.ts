/** Measures: what can be computed from a scan and its mask, each a number by name; NaN where something cannot be measured. */

import type { MaskEvidence } from "../evidence";
import type { Measures } from "../trees";
import { acquisitionMeasures } from "./acquisition";
import { agreementMeasures } from "./agreement";
import { appearanceMeasures } from "./appearance";
import { borderMeasures } from "./border";
import { geometryMeasures } from "./geometry";
import { shapeMeasures, type MeanShape } from "./shape";
import { valueMeasures } from "./values";
import { wrappingMeasures } from "./wrapping";

/** Measures the scan: brightness, acquisition and values. */
export function inputMeasures(evidence: MaskEvidence): Measures {
  return { ...appearanceMeasures(evidence), ...acquisitionMeasures(evidence), ...valueMeasures(evidence) };
}

/** Measures the mask: agreement, border, form and place. */
export function maskMeasures(evidence: MaskEvidence, shape: MeanShape): Measures {
  return {
    ...agreementMeasures(evidence), ...borderMeasures(evidence), ...geometryMeasures(evidence), ...shapeMeasures(evidence, shape),
    ...wrappingMeasures(evidence.given),
  };
}
