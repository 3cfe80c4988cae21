/** Theme: dark unless light was chosen, which the browser remembers. */

import { button } from "./dom";
import { readStored, store } from "./storage";

const KEY = "deskull-theme";

/** Applies the remembered theme. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = readStored(KEY) === "light" ? "light" : "dark";
}

/** Makes the button that switches between the themes. */
export function themeButton(): HTMLButtonElement {
  const made = button("", { class: "quiet" }, () => {
    const next = isLight() ? "dark" : "light";
    document.documentElement.dataset.theme = next;
    store(KEY, next);
    label(made);
  });
  label(made);
  return made;
}

function isLight(): boolean {
  return document.documentElement.dataset.theme === "light";
}

function label(made: HTMLButtonElement): void {
  made.textContent = isLight() ? "Dark theme" : "Light theme";
}
