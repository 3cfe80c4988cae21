/** The engine as a library: what runs in a worker, and in node for the tests. */

export { EngineError, type ErrorKind } from "./errors";
export { estimate } from "./estimate";
export { configure, runtimeVersion, threads } from "./models/engine";
export { strip } from "./pipeline";
export { framesToAverage, meanFrame } from "./preprocessing/series";
export type * from "./types";
