/** WebGL: whether the browser has it. */

let found: boolean | undefined;

/** Whether the browser can draw with WebGL 2. */
export function hasWebGl(): boolean {
  found ??= document.createElement("canvas").getContext("webgl2") !== null;
  return found;
}
