/** Errors: one sentence that says what is wrong with which scan or option, and what to do. */

/** `input`: the scan; `usage`: an option or the network; `memory`: too large; `cancelled`; `internal`: a fault of the engine. */
export type ErrorKind = "input" | "usage" | "memory" | "cancelled" | "internal";

export class EngineError extends Error {
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EngineError";
    this.kind = kind;
  }
}
