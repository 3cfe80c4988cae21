/** Protocol: the messages between the page and the worker of the engine. */

import type { ErrorKind } from "./errors";
import type { CalibrationFiles } from "./quality/calibration";
import type { ClientOptions, ClientResult } from "./client";
import type { Estimate, Model, Progress, Runtime, Volume } from "./types";

/** To the worker; `start` comes first and has no answer. */
export type Request =
  | {
      readonly type: "start";
      readonly runtime: Runtime;
      readonly models: Readonly<Record<string, Model>>;
      readonly second?: Model;
      readonly calibration?: CalibrationFiles;
    }
  | { readonly type: "estimate"; readonly id: number; readonly volume: Volume; readonly model: string }
  | {
      readonly type: "strip";
      readonly id: number;
      readonly volume: Volume;
      readonly model: string;
      readonly options: ClientOptions;
    };

/** From the worker. */
export type Answer =
  | { readonly type: "progress"; readonly id: number; readonly progress: Progress }
  | { readonly type: "result"; readonly id: number; readonly value: ClientResult | Estimate }
  | { readonly type: "error"; readonly id: number; readonly kind: ErrorKind; readonly message: string };
