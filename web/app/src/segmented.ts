/** Segmented: a row of buttons of which one is pressed. */

import { button, element } from "../../shared/dom";

export interface Segmented {
  readonly element: HTMLElement;
  /** Shows the present value. */
  refresh(): void;
}

export function segmented<T extends string>(
  label: string, choices: readonly (readonly [value: T, text: string, title?: string])[], read: () => T | undefined, choose: (value: T) => void,
): Segmented {
  const buttons = choices.map(([value, text, title]) => button(text, { "data-value": value, title }, () => { choose(value); refresh(); }));
  const refresh = (): void => {
    for (const made of buttons) made.setAttribute("aria-pressed", String(made.dataset.value === read()));
  };
  refresh();
  return { element: element("div", { class: "segmented", role: "group", "aria-label": label }, ...buttons), refresh };
}
