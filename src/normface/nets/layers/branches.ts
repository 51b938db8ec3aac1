import { check, formatShape } from '../../../engine/core/errors.ts';
import { add } from '../../../engine/ops/elementwise/add.ts';
import { concat } from '../../../engine/ops/shape/concat.ts';
import { type AnyLayer, forwardAll, type LayerKind } from '../layer.ts';
import { expect, layerList, oneOf } from '../setting.ts';

/** Lists of layers that all get the same input; their outputs become one. An empty list gives the input itself. */
export interface BranchesLayer<Layer = AnyLayer> {
  readonly kind: 'branches';
  readonly name: string;
  /** At least two. */
  readonly branches: readonly (readonly Layer[])[];
  /**
   * `concatenate` puts the channels side by side in the order of the branches, whose images must have one size; `add` sums
   * outputs of one shape. Default `concatenate`.
   */
  readonly join?: 'concatenate' | 'add';
}

const several = expect(
  'a list of at least two lists of layers',
  (value) => Array.isArray(value) && value.length > 1,
);

export const branches: LayerKind<BranchesLayer> = {
  required: {
    branches(value, place, checkLayers) {
      several(value, place, checkLayers);
      for (const [i, layers] of (value as unknown[]).entries())
        layerList(layers, `${place}[${i}]`, checkLayers);
    },
  },
  optional: { join: oneOf('concatenate', 'add') },
  plan({ branches, join = 'concatenate' }, input, planSequence) {
    const planned = branches.map((layers, i) => planSequence(layers, input, `branches[${i}]`));
    const outputs = planned.map((layers) => layers.at(-1)?.output ?? input);
    const [first] = outputs as [(typeof outputs)[number]];
    const mustAgree = (output: readonly number[]) =>
      formatShape(join === 'add' ? output : output.slice(0, -1));
    check(
      outputs.every((output) => output.length === first.length && mustAgree(output) === mustAgree(first)),
      'branches',
      () =>
        `they give ${outputs.map(formatShape).join(', ')}, which cannot be ${join === 'add' ? 'added' : 'put side by side'}`,
    );
    const channels = outputs.reduce((sum, output) => sum + output.at(-1)!, 0);
    return {
      output: join === 'add' ? first : [...first.slice(0, -1), channels],
      macs: 0,
      parameters: [],
      inner: planned.flat(),
      forward(x, parameters, mode) {
        const results = planned.map((layers) => forwardAll(layers, x, parameters, mode));
        return join === 'add'
          ? results.reduce((sum, result) => add(sum, result))
          : concat(results, { axis: -1 });
      },
    };
  },
};
