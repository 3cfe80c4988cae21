/** Engine: the networks, loaded when the first scan needs them, and the worker that runs them. */

import { EngineClient } from "../../../engine/client";
import type { CalibrationTable } from "../../../engine/quality/calibration";
import type { Model } from "../../../engine/types";
import { asset, loadBytes, type Settings } from "../settings";

/** Cores are shared with the page. */
const MOST_THREADS = 8;

export class Engine {
  private loading: Promise<EngineClient> | undefined;
  private client: EngineClient | undefined;

  constructor(private readonly settings: Pick<Settings, "models" | "second">) {}

  /** Threads that the engine can use: more than one only where the page is isolated from others. */
  static get threads(): number {
    return globalThis.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1) : 1;
  }

  ready(): Promise<EngineClient> {
    this.loading ??= this.load();
    this.loading.catch(() => (this.loading = undefined));
    return this.loading;
  }

  /** Ends what runs. */
  cancel(): void {
    this.client?.cancel();
  }

  private async load(): Promise<EngineClient> {
    const loaded = await Promise.all(this.settings.models.map(async ({ name, card }): Promise<[string, Model]> => [name, { onnx: await loadBytes(`models/${name}.onnx`), card }]));
    const second = { onnx: await loadBytes("quality/second.onnx"), card: this.settings.second };
    const table = JSON.parse(new TextDecoder().decode(await loadBytes("quality/default.json"))) as CalibrationTable;
    const calibration = { table, numbers: await loadBytes("quality/default.npz") };
    const runtime = { wasmPaths: asset(""), threads: Engine.threads };
    this.client = new EngineClient({ workerUrl: asset("engine_worker.js"), runtime, models: Object.fromEntries(loaded), second, calibration });
    return this.client;
  }
}
