/** Scripts that are loaded when they are needed. */

const loading = new Map<string, Promise<void>>();

/** Runs a script once. */
export function loadScript(file: string): Promise<void> {
  const known = loading.get(file);
  if (known) return known;
  const promise = new Promise<void>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = file;
    script.addEventListener("load", () => { script.remove(); resolve(); });
    script.addEventListener("error", () => { script.remove(); loading.delete(file); reject(new Error(`${file} could not be loaded`)); });
    document.head.append(script);
  });
  loading.set(file, promise);
  return promise;
}

/** Lets a script run anew when it is asked for again. */
export function forgetScript(file: string): void {
  loading.delete(file);
}
