/** NIfTI: the images that the report embeds, for the viewer without WebGL. */

export interface Image {
  readonly shape: readonly [number, number, number];
  /** World coordinates of the first voxel, in mm. */
  readonly origin: readonly [number, number, number];
  readonly voxelSize: number;
  readonly data: Uint8Array;
}

/** Decompresses and reads an image of unsigned bytes whose axes are those of the world. */
export async function readImage(base64: string): Promise<Image> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  const view = new DataView(buffer);
  const size = (axis: number): number => view.getInt16(42 + 2 * axis, true);
  const row = (axis: number): number => view.getFloat32(280 + 16 * axis + 12, true);
  return {
    shape: [size(0), size(1), size(2)],
    origin: [row(0), row(1), row(2)],
    voxelSize: view.getFloat32(280, true),
    data: new Uint8Array(buffer, view.getFloat32(108, true)),
  };
}

/** Index of a voxel in the data. */
export function voxelIndex(image: Image, x: number, y: number, z: number): number {
  return x + image.shape[0] * (y + image.shape[1] * z);
}
