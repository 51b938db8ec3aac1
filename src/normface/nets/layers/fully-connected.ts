import { check, formatShape } from '../../../engine/core/errors.ts';
import { linear } from '../../../engine/ops/matmul/linear.ts';
import { type Initial, initial } from '../initial.ts';
import type { LayerKind } from '../layer.ts';
import { bias as biasSetting, wholeNumber } from '../setting.ts';
import { biasParameter } from './bias.ts';

/** Product with a matrix [inputs, outputs]. Feature maps must be flattened first. */
export interface FullyConnectedLayer {
  readonly kind: 'fullyConnected';
  readonly name: string;
  readonly outputs: number;
  /** Whether there is a bias, or what it starts from. Default true, starting from 0. */
  readonly bias?: boolean | number;
  /** Default xavier. */
  readonly init?: Initial;
}

export const fullyConnected: LayerKind<FullyConnectedLayer> = {
  required: { outputs: wholeNumber(1) },
  optional: { bias: biasSetting, init: initial },
  plan(layer, input) {
    const { name, outputs, init = 'xavier' } = layer;
    check(
      input.length === 1,
      'fullyConnected',
      () => `the input ${formatShape(input)} is not flat; put a flatten layer before`,
    );
    const inputs = input[0]!;
    const weight = { name: `${name}.weight`, shape: [inputs, outputs], initial: init, fanIn: inputs };
    const bias = biasParameter(name, outputs, layer.bias);
    return {
      output: [outputs],
      macs: inputs * outputs,
      parameters: bias ? [weight, bias] : [weight],
      forward: (x, parameters) => linear(x, parameters.get(weight.name), bias && parameters.get(bias.name)),
    };
  },
};
