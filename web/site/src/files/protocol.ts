/** Protocol: what the page asks of the worker that reads and writes files. */

import type { NamedFile } from "../../../formats/dicom_series";
import type { Shape } from "../../../engine/types";
import type { Found, Source } from "./choices";
import type { Result, Scan } from "./scans";

export interface Tasks {
  choices(files: readonly NamedFile[]): Promise<Found[]>;
  scan(source: Source, converter: string): Promise<Scan>;
  mask(distance: Float32Array, shape: Shape, border: number): Promise<Uint8Array>;
  result(source: Source, result: Result): Promise<Blob>;
}

export interface Request {
  readonly id: number;
  readonly task: keyof Tasks;
  readonly given: readonly unknown[];
}

export type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string };
