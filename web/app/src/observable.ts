/** Observable: what tells its listeners that it has changed. */

export class Observable {
  private readonly listeners = new Set<() => void>();

  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  protected tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** Makes a function that calls another one at the next frame of the screen, however often it is called before. */
export function onNextFrame(act: () => void): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => { isWaiting = false; act(); });
  };
}

/** Makes a function that calls another one when it has not been called for some time. */
export function whenQuiet(milliseconds: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds);
  };
}
