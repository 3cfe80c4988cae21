/**
 * Turns: permutations and reflections of the axes, by number and in words; a port of `deskull.quality.turns`, which says
 * why the proportions of the brain count.
 */

/** What the axes of the world are called. */
const NAMES = ["left-right", "front-back", "up-down"];
/** Width, length and height of an adult's brain in mm, as four standard deviations of the voxels' places. */
const USUAL_MM = [130, 160, 115];
/** Turns fit about as well as the best one if they fit worse by no more than this. */
const ALIKE = 0.01;
const ORDERS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
const SIGNS = [1, -1].flatMap((x) => [1, -1].flatMap((y) => [1, -1].map((z) => [x, y, z])));

/** All permutations of the axes with all signs, the identity first. */
export const TURNS = ORDERS.flatMap((order) => SIGNS.map((signs) => ({ order, signs })));

/**
 * The number of the turn that fits best, by how well each of `TURNS` fits, and width, length and height without a turn: 0
 * for none, up to 23. Turns that differ by a reflection of the left-right axis have one number, since a brain resembles
 * its mirror image.
 */
export function bestTurn(fits: readonly number[], extents: readonly number[]): number {
  const lowest = Math.max(...fits) - ALIKE;
  const alike = [...fits.keys()].filter((turn) => fits[turn]! >= lowest);
  const odd = alike.map((turn) => oddness(TURNS[turn]!.order, extents));
  const usual = alike.filter((_, place) => odd[place] === Math.min(...odd));
  const best = usual.reduce((one, other) => (fits[other]! > fits[one]! ? other : one));
  return Math.floor(best / 8) * 4 + (best % 4);
}

/** What a turn that `bestTurn` returns does to the axes, in words. */
export function describeTurn(turn: number): string {
  const [order, [, ...signs]] = [ORDERS[Math.floor(turn / 4)]!, SIGNS[turn % 4]!];
  const swapped = NAMES.filter((_, axis) => order[axis] !== axis);
  const reversed = NAMES.slice(1).filter((_, axis) => signs[axis]! < 0);
  const clauses = [
    ...(swapped.length ? [`${joined(swapped)} swapped`] : []),
    ...(reversed.length ? [`${joined(reversed)} reversed`] : []),
  ];
  return clauses.join(" and ") || "the axes were swapped or reversed";
}

/** How far the proportions of a brain are from usual ones if its axes are put in an order. */
function oddness(order: readonly number[], extents: readonly number[]): number {
  const ratios = USUAL_MM.map((usual, axis) => Math.log(extents[order[axis]!]! / usual));
  return Math.max(...ratios) - Math.min(...ratios);
}

/** Axes and their verb, as a part of a sentence. */
function joined(axes: readonly string[]): string {
  const [others, last] = [axes.slice(0, -1), axes.at(-1)];
  return others.length ? `the ${others.join(", ")} and ${last} axes were` : `the ${last} axis was`;
}
