/** Calibration: the tables by which masks of a network are judged, read from the files of the Python package. */

import { MeanShape } from "./measures/shape";
import { readNpz, type NpyArray } from "./npz";
import { TreeModel, type Measures, type TreeNode } from "./trees";

/** The network whose masks the shipped calibration is for. */
export const CALIBRATED = "default";
/** Added to the error 1 - Dice before its logarithm is taken. */
export const OFFSET = 0.01;
/** Percentiles of the measures of the reference that are kept. */
const LEVELS = [1, 5, 25, 50, 75, 95, 99] as const;

/** What is measured: `thorough` takes a look at the mirror image, too. */
export type Effort = "default" | "thorough";
type ModelName = "error" | "margin" | "head";

/** What one effort was fitted with. */
interface Fitted {
  models: Record<ModelName, { names: string[]; baseline: number }>;
  thresholds: { pass: number; fail: number; head: number; no_head: number };
  bounds: { edges: number[]; error: number[]; margin: number[] };
}

/** The JSON file of a calibration. */
export type CalibrationTable = { quantiles: Record<string, number[]> } & Record<Effort, Fitted>;

/** A calibration as the page fetches it: `default.json` and `default.npz` in `src/deskull/quality/calibrations`. */
export interface CalibrationFiles {
  readonly table: CalibrationTable;
  readonly numbers: Uint8Array;
}

/** What the quality of a mask is predicted with; `deskull.quality.calibration.Calibration` in Python. */
export class Calibration {
  constructor(
    /** Predicts the logarithm of 1 - Dice + `OFFSET`. */
    readonly error: TreeModel,
    /** Predicts the logarithm of the margin in mm. */
    readonly margin: TreeModel,
    /** Predicts the logarithm of the odds that the scan shows a human head. */
    readonly head: TreeModel,
    readonly thresholds: Fitted["thresholds"],
    private readonly bounds: Fitted["bounds"],
    private readonly quantiles: Readonly<Record<string, readonly number[]>>,
    readonly shape: MeanShape,
  ) {}

  /** What is added to a prediction for its bound, where the logarithm of the error is as predicted. */
  bound(name: "error" | "margin", predictedError: number): number {
    const place = this.bounds.edges.filter((edge) => edge < predictedError).length;
    return this.bounds[name][place]!;
  }

  /** The range of a measure in 98 % of the reference; undefined for a measure that it does not have. */
  usual(name: string): [number, number] | undefined {
    const quantiles = this.quantiles[name];
    return quantiles && [quantiles[0]!, quantiles[quantiles.length - 1]!];
  }

  /** Where measures lie in the reference, from 1 to 99; those that are not known are left out. */
  percentiles(measures: Measures): Record<string, number> {
    const known = Object.entries(measures).filter(([name, value]) => name in this.quantiles && Number.isFinite(value));
    return Object.fromEntries(known.map(([name, value]) => [name, percentile(this.quantiles[name] as number[], value)]));
  }
}

/** The percentile of a value; the middle one of those that share it. */
function percentile(quantiles: readonly number[], value: number): number {
  const equal = LEVELS.filter((_, index) => quantiles[index] === value);
  if (equal.length) return equal.reduce<number>((sum, level) => sum + level, 0) / equal.length;
  const above = quantiles.findIndex((quantile) => quantile > value);
  if (above === 0) return LEVELS[0];
  if (above < 0) return LEVELS[LEVELS.length - 1]!;
  const [low, high] = [quantiles[above - 1]!, quantiles[above]!];
  const [first, last] = [LEVELS[above - 1]!, LEVELS[above]!];
  return ((last - first) / (high - low)) * (value - low) + first;
}

/** Reads a calibration. */
export async function readCalibration({ table, numbers }: CalibrationFiles, effort: Effort = "default"): Promise<Calibration> {
  const { models, thresholds, bounds } = table[effort];
  const arrays = await readNpz(numbers);
  const array = (name: string): NpyArray => {
    const found = arrays.get(name);
    if (!found) throw new Error(`The calibration has no array '${name}': build the page again.`);
    return found;
  };
  const model = (name: ModelName): TreeModel => {
    const { names, baseline } = models[name];
    const [nodes, roots] = [array(`${effort}_${name}_nodes`), array(`${effort}_${name}_roots`)];
    return new TreeModel(names, baseline, toNodes(nodes), roots.column());
  };
  const shape = array("shape");
  const probability = Float32Array.from(shape.column(), (value) => value / 255);
  const mean = new MeanShape(probability, shape.shape[0]!, array("shape_spacing").column()[0]!);
  return new Calibration(model("error"), model("margin"), model("head"), thresholds, bounds, table.quantiles, mean);
}

function toNodes(array: NpyArray): TreeNode[] {
  const [threshold, left, right] = [array.column("threshold"), array.column("left"), array.column("right")];
  const [missingLeft, value] = [array.column("missing_left"), array.column("value")];
  return array.column("measure").map((measure, index) => ({
    measure,
    threshold: threshold[index]!,
    left: left[index]!,
    right: right[index]!,
    missingLeft: missingLeft[index] === 1,
    value: value[index]!,
  }));
}
