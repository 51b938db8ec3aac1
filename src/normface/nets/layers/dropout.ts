import { dropout as drop } from '../../../engine/ops/elementwise/dropout.ts';
import type { LayerKind } from '../layer.ts';
import { expect, isNumber } from '../setting.ts';

/** While training, zeroes each number with probability `rate` and scales the others up; otherwise does nothing. */
export interface DropoutLayer {
  readonly kind: 'dropout';
  readonly name: string;
  /** At least 0 and less than 1. */
  readonly rate: number;
}

export const dropout: LayerKind<DropoutLayer> = {
  required: {
    rate: expect('a number of at least 0 and less than 1', (rate) => isNumber(rate) && rate >= 0 && rate < 1),
  },
  optional: {},
  plan: ({ rate }, input) => ({
    output: input,
    macs: 0,
    parameters: [],
    forward: (x, _, { training }) => (training ? drop(x, rate) : x),
  }),
};
