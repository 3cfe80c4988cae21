/** Judging: strips a scan and judges its mask, with what the quality check asks for. */

import { EngineError } from "../errors";
import { strip } from "../pipeline";
import type { Model, OnProgress, StripOptions, StripResult, Volume } from "../types";
import { readCalibration, type Calibration, type CalibrationFiles, type Effort } from "./calibration";
import { judge } from "./judge";
import type { QualityRecord } from "./verdict";

/** As the option `--quality` of the command. */
export type QualityCheck = Effort | "none";

export type JudgedResult = StripResult & { readonly quality?: QualityRecord };

/** Strips scans with one network, and judges their masks. */
export class Judging {
  readonly #second: Model | undefined;
  readonly #files: CalibrationFiles | undefined;
  readonly #calibrations = new Map<Effort, Promise<Calibration>>();

  /**
   * @param second The network that looks at scans a second time.
   * @param files The calibration; without either, no mask can be judged.
   */
  constructor(second: Model | undefined, files: CalibrationFiles | undefined) {
    this.#second = second;
    this.#files = files;
  }

  /** Strips a scan; judges its mask unless the check is "none". */
  async strip(
    volume: Volume,
    model: Model,
    options: Omit<StripOptions, "second" | "mirror">,
    check: QualityCheck,
    onProgress?: OnProgress,
  ): Promise<JudgedResult> {
    if (check === "none") return strip(volume, model, options, onProgress);
    const [second, calibration] = [this.#second, await this.#calibration(check)];
    if (!second) throw missing("the second network");
    const result = await strip(volume, model, { ...options, second, mirror: check === "thorough" }, onProgress);
    const start = performance.now();
    const quality = judge(result, calibration);
    const seconds = { ...result.seconds, quality: (result.seconds.quality ?? 0) + (performance.now() - start) / 1000 };
    return { ...result, seconds, quality };
  }

  #calibration(effort: Effort): Promise<Calibration> {
    const files = this.#files;
    if (!files) throw missing("the calibration");
    const known = this.#calibrations.get(effort) ?? readCalibration(files, effort);
    this.#calibrations.set(effort, known);
    return known;
  }
}

function missing(what: string): EngineError {
  return new EngineError("usage", `Masks cannot be judged without ${what}; build the page again, or choose no quality check.`);
}
