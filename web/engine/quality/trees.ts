/**
 * Trees: a prediction that is a sum over small decision trees, and what each measure contributes to it.
 *
 * Along the path through a tree, each step from a node to the next changes the expected prediction, and that change is
 * attributed to the measure that decided on the step. `deskull.quality.trees` in Python names the sources.
 */

/** Numbers by the names of what was measured; NaN, or no entry, where something could not be measured. */
export type Measures = Readonly<Record<string, number>>;

/** A node of a tree. */
export interface TreeNode {
  /** Number of the measure that it asks for; -1 for a leaf. */
  readonly measure: number;
  /** The highest value that leads to the left. */
  readonly threshold: number;
  /** Numbers of both following nodes. */
  readonly left: number;
  readonly right: number;
  /** Whether a missing measure leads to the left. */
  readonly missingLeft: boolean;
  /** The mean prediction. */
  readonly value: number;
}

/** A sum over decision trees. */
export class TreeModel {
  /**
   * @param names Of the measures.
   * @param baseline What is predicted without any tree.
   * @param nodes Of all trees.
   * @param roots Number of the first node of each tree.
   */
  constructor(
    private readonly names: readonly string[],
    private readonly baseline: number,
    private readonly nodes: readonly TreeNode[],
    private readonly roots: readonly number[],
  ) {}

  predict(measures: Measures): number {
    let total = 0;
    for (const path of this.paths(measures)) total += path[path.length - 1]!.value;
    return this.baseline + total;
  }

  /** By how much each measure raises or lowers the prediction from its mean. */
  contributions(measures: Measures): Record<string, number> {
    const added = Object.fromEntries(this.names.map((name) => [name, 0]));
    for (const path of this.paths(measures)) {
      for (let step = 1; step < path.length; step += 1) {
        const [from, to] = [path[step - 1]!, path[step]!];
        const name = this.names[from.measure]!;
        added[name] = added[name]! + (to.value - from.value);
      }
    }
    return added;
  }

  /** The nodes from the root of each tree to a leaf. */
  private *paths(measures: Measures): Generator<TreeNode[]> {
    const values = this.names.map((name) => measures[name] ?? NaN);
    for (const root of this.roots) {
      let node = this.nodes[root]!;
      const path = [node];
      while (node.measure >= 0) {
        const value = values[node.measure]!;
        const isLeft = Number.isNaN(value) ? node.missingLeft : value <= node.threshold;
        node = this.nodes[isLeft ? node.left : node.right]!;
        path.push(node);
      }
      yield path;
    }
  }
}
