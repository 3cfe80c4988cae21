/** The engine as a library: what runs in a worker, and in node for the tests. */

export { EngineError, type ErrorKind } from "./errors";
export { estimate } from "./estimate";
export { configure, runtimeVersion, threads } from "./models/runtime";
export { strip } from "./pipeline";
export type { CalibrationFiles } from "./quality/calibration";
export { Judging, type JudgedResult, type QualityCheck } from "./quality/judging";
export type { QualityRecord } from "./quality/verdict";
export { framesToAverage, meanFrame } from "./preprocessing/series";
export type * from "./types";
