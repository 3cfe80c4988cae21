/**
 * Second network: a coarse look at the same image by a network that was trained on spoiled scans; a port of
 * `deskull.quality.second`.
 */

import { AXES, clamp, roundHalfEven, vector, type Box, type Range } from "../affine";
import { boxShape, count, cut, paste, resized, wholeBox } from "../arrays";
import type { Network } from "../models/engine";
import { preprocessingOf } from "../preprocessing/settings";
import type { Field, ModelCard, SecondLook } from "../types";

/** Around the mask that is judged, it sees at least this much of the image, in mm. */
const MARGIN_MM = 18;
/** Name of the output that is the logarithm of the error in mm that it expects of its distance, and its bounds. */
const [LOG_ERROR, LOWEST, HIGHEST] = ["log_error", -4, 4];

/** Says where the edge of the mask should be, and how far off it expects to be. */
export class SecondNetwork {
  readonly #card: ModelCard;
  readonly #network: Network;
  readonly #stride: number;

  constructor(card: ModelCard, network: Network) {
    this.#card = card;
    this.#network = network;
    this.#stride = preprocessingOf(card).stride;
  }

  /** Looks at what lies in the box of the mask and around it; far outside where it does not look. */
  async look(image: Field, box: Box): Promise<SecondLook> {
    const stride = this.#stride;
    const shape = vector((axis) => Math.ceil(image.shape[axis]! / stride));
    const window = AXES.map((axis) => this.#side(shape[axis]!, box[axis]!)) as unknown as Box;
    const predicted = await this.#network(this.#padded(image, window));
    const placed = (name: string, elsewhere: number): Field => {
      const { values, shape: size } = predicted[this.#card.surfaces.indexOf(name)]!;
      const all = new Float32Array(count(shape)).fill(elsewhere);
      paste(cut(values, size, wholeBox(boxShape(window))), all, shape, window);
      return { values: all, shape };
    };
    const logError = placed(LOG_ERROR, LOWEST);
    const expected = logError.values.map((value) => Math.exp(clamp(value, LOWEST, HIGHEST)));
    return { distance: placed("brain", this.#card.band_mm), expectedError: { values: expected, shape }, spacing: stride };
  }

  /** Looks at the image mirrored from left to right, and mirrors the answer back. */
  async mirrored(image: Field, box: Box): Promise<SecondLook> {
    const size = Math.ceil(image.shape[0] / this.#stride) * this.#stride;
    const padded = { values: new Float32Array(count(resized(image.shape, 0, size))), shape: resized(image.shape, 0, size) };
    paste(image.values, padded.values, padded.shape, wholeBox(image.shape));
    const turned: Box = [[size - box[0][1], size - box[0][0]], box[1], box[2]];
    const { distance, expectedError, spacing } = await this.look(mirroredX(padded), turned);
    return { distance: mirroredX(distance), expectedError: mirroredX(expectedError), spacing };
  }

  /** One side of the part of its grid that the network looks at: as large as the next size that it takes. */
  #side(size: number, side: Range): Range {
    const margin = MARGIN_MM / this.#card.voxel_size_mm;
    const [first, last] = [(side[0] - margin) / this.#stride, (side[1] + margin) / this.#stride];
    const multiple = this.#card.size_multiple / this.#stride;
    const length = Math.min(size, Math.ceil((last - first) / multiple) * multiple);
    const start = clamp(roundHalfEven((first + last - length) / 2), 0, size - length);
    return [start, start + length];
  }

  /** The part of the image that lies in a window of the network's grid, with empty voxels at the ends as it needs them. */
  #padded(image: Field, window: Box): Field {
    const finely = (place: number, axis: number): number => Math.min(place * this.#stride, image.shape[axis]!);
    const fine = window.map(([start, stop], axis) => [finely(start, axis), finely(stop, axis)]) as unknown as Box;
    const inner = boxShape(fine);
    const multiple = this.#card.size_multiple;
    const shape = vector((axis) => Math.ceil(inner[axis]! / multiple) * multiple);
    const values = new Float32Array(count(shape));
    paste(cut(image.values, image.shape, fine), values, shape, wholeBox(inner));
    return { values, shape };
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
