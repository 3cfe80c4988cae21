/** Second network: a coarse, independent look at the same image; a port of `deskull.quality.second`. */

import { AXES, clamp, roundHalfEven, vector, type Box, type Range } from "../affine";
import { boxShape, count, cut, paste, resized, wholeBox } from "../arrays";
import { channelOf, defaultBorder } from "../models/cards";
import type { Network } from "../models/engine";
import { averaged } from "../preprocessing/grid";
import type { Field, ModelCard } from "../types";

/** Around the mask that is judged, it sees at least this much of the image, in mm. */
const MARGIN_MM = 18;

/** Predicts the distance to the edge of the second network's own mask. */
export class SecondNetwork {
  readonly #card: ModelCard;
  readonly #network: Network;

  constructor(card: ModelCard, network: Network) {
    this.#card = card;
    this.#network = network;
  }

  /**
   * Predicts the distance in mm, far outside where the network did not look; both grids start at the same corner.
   *
   * `box` is that of the mask, in voxels of the image, which are `voxelSize` mm long.
   */
  async predict(image: Field, voxelSize: number, box: Box): Promise<Field> {
    const times = Math.round(this.#card.voxel_size_mm / voxelSize);
    const shape = vector((axis) => Math.ceil(image.shape[axis]! / times));
    const window = AXES.map((axis) => this.#side(shape[axis]!, box[axis]!, voxelSize)) as unknown as Box;
    const finely = (place: number, axis: number): number => Math.min(place * times, image.shape[axis]!);
    const fine = window.map(([start, stop], axis) => [finely(start, axis), finely(stop, axis)]) as unknown as Box;
    const part = { values: cut(image.values, image.shape, fine), shape: boxShape(fine) };
    const predictions = await this.#network(averaged(part, times, this.#card.size_multiple));
    const predicted = predictions[channelOf(this.#card, "brain")]!;
    const border = Math.fround(defaultBorder(this.#card, "brain"));
    const seen = cut(predicted.values, predicted.shape, wholeBox(boxShape(window)));
    const values = new Float32Array(count(shape)).fill(this.#card.band_mm);
    paste(seen.map((distance) => distance - border), values, shape, window);
    return { values, shape };
  }

  /** Predicts the distance for the image mirrored from left to right, and mirrors it back. */
  async mirrored(image: Field, voxelSize: number, box: Box): Promise<Field> {
    const times = Math.round(this.#card.voxel_size_mm / voxelSize);
    const size = Math.ceil(image.shape[0] / times) * times;
    const padded = { values: new Float32Array(count(resized(image.shape, 0, size))), shape: resized(image.shape, 0, size) };
    paste(image.values, padded.values, padded.shape, wholeBox(image.shape));
    const turned: Box = [[size - box[0][1], size - box[0][0]], box[1], box[2]];
    return mirroredX(await this.predict(mirroredX(padded), voxelSize, turned));
  }

  /** One side of the part of its grid that the network looks at: as large as the next size that it takes. */
  #side(size: number, side: Range, voxelSize: number): Range {
    const own = this.#card.voxel_size_mm;
    const first = (side[0] * voxelSize - MARGIN_MM) / own;
    const last = (side[1] * voxelSize + MARGIN_MM) / own;
    const multiple = this.#card.size_multiple;
    const length = Math.min(size, Math.ceil((last - first) / multiple) * multiple);
    const start = clamp(roundHalfEven((first + last - length) / 2), 0, size - length);
    return [start, start + length];
  }
}

/** The field with its first axis in reverse. */
function mirroredX({ values, shape }: Field): Field {
  const result = new Float32Array(values.length);
  const size = shape[0];
  for (let line = 0; line < values.length; line += size)
    for (let x = 0; x < size; x++) result[line + size - 1 - x] = values[line + x]!;
  return { values: result, shape };
}
