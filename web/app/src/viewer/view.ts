/** View: how the scan is shown. All slices and the 3-D picture follow it. */

import { Observable } from "../observable";
import type { Triple } from "./grid";

/** The scan with the mask; the brain alone; or one beside the other. */
export type Show = "scan" | "brain" | "swipe";
export type Drawn3d = "brain" | "head" | "planes";

interface Settings {
  crosshair: Triple;
  /** Grey values that are black and white. */
  black: number;
  white: number;
  opacity: number;
  hasContour: boolean;
  show: Show;
  /** Part of a slice's width from which on the brain alone is shown. */
  swipe: number;
  zoom: number;
  drawn3d: Drawn3d;
  /** The pane that fills the viewer: a plane, 3 for 3-D, or undefined for all four. */
  pane: number | undefined;
}

export class View extends Observable {
  readonly now: Readonly<Settings>;

  constructor(readonly start: Settings) {
    super();
    this.now = { ...start };
  }

  set(change: Partial<Settings>): void {
    Object.assign(this.now, change);
    this.tell();
  }
}
