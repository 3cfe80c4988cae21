/** Engine: predicts distances with a network; a port of `deskull.models.engine`. */

import { AXES } from "../affine";
import { count, fromCOrder, toCOrder } from "../arrays";
import { EngineError } from "../errors";
import { preprocessingOf } from "../preprocessing/settings";
import { checkContent } from "./cards";
import { loadingOnce, loadSession, type Output } from "./runtime";
import type { Field, Model, Shape } from "../types";

/** A loaded network: predicts the signed distance in mm to each of its surfaces, one field for each. */
export type Network = (image: Field) => Promise<Field[]>;

/** Loads a network, once for each model. */
export const loadNetwork = loadingOnce(async (model: Model): Promise<Network> => {
  await checkContent(model);
  const { name, surfaces } = model.card;
  const session = await loadSession(model.onnx, name);
  const stride = preprocessingOf(model.card).stride;
  return async (image) => {
    const [output] = Object.values(await session(toCOrder(image.values, image.shape), [1, 1, ...image.shape]));
    const shape = AXES.map((axis) => image.shape[axis]! / stride) as unknown as Shape;
    return channels(output!, [1, surfaces.length, ...shape], shape, name);
  };
});

/** Takes the output apart, and checks it. */
function channels({ data, shape: found }: Output, expected: readonly number[], shape: Shape, name: string): Field[] {
  if (expected.join() !== found.join())
    throw new EngineError("usage", `The network ${name} gives the shape ${found.join(" x ")}; export it again.`);
  if (!data.every(Number.isFinite))
    throw new EngineError("usage", `The network ${name} gives values that are not finite; use the other network.`);
  const size = count(shape);
  return Array.from({ length: expected[1]! }, (_, channel) => ({
    values: fromCOrder(data.subarray(channel * size, (channel + 1) * size), shape),
    shape,
  }));
}
