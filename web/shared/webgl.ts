/** WebGL: whether the browser has it. */

let found: boolean | undefined;

/** Whether the browser can draw with WebGL 2. */
export function hasWebGl(): boolean {
  found ??= document.createElement("canvas").getContext("webgl2") !== null;
  return found;
}

/** Whether WebGL is drawn by the processor, without a graphics card: slowly. */
export function isSoftware(context: WebGL2RenderingContext): boolean {
  const information = context.getExtension("WEBGL_debug_renderer_info");
  const name = information ? String(context.getParameter(information.UNMASKED_RENDERER_WEBGL)) : "";
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
}
