/** Names of layers from those of a file's nodes and tensors. */

import type { ModelNode } from './model-file.ts';

/** Names that a checkpoint keeps for its losses. */
const reserved = /^(loss|auxiliary)(\.|$)/;

/** Gives every layer a name of its own that {@link checkNet} takes. */
export class LayerNames {
  private readonly taken = new Set<string>();
  /** The last number that each name got. */
  private readonly numbers = new Map<string, number>();

  /**
   * A name for the layer of a node: what its weights are called, without the ending, where that is a name; otherwise the node's own.
   *
   * @param weight of the node, such as `layer1.0.conv1.weight`
   */
  of(node: ModelNode, weight?: string): string {
    const stem =
      weight === undefined ? undefined : /^(.+)[._/](?:weight|gamma|slope|kernel)s?$/.exec(weight)?.[1];
    return this.unique(stem ?? node.name);
  }

  /** The wish, or one with what cannot be in a name replaced, and a number if another layer is called so. */
  unique(wish: string): string {
    const clean = wish
      .replaceAll(/[^\w.-]+/g, '_')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 90);
    const base = clean === '' ? 'layer' : reserved.test(clean) ? `net.${clean}` : clean;
    let name = base;
    let number = this.numbers.get(base) ?? 1;
    while (this.taken.has(name)) name = `${base}_${++number}`;
    this.numbers.set(base, number);
    this.taken.add(name);
    return name;
  }
}
