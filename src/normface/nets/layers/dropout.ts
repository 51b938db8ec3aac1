import { check } from '../../../engine/core/errors.ts';
import { dropout } from '../../../engine/ops/elementwise/dropout.ts';
import type { PlannedLayer, SampleShape } from '../layer.ts';

/** While training, zeroes each number with probability `rate` and scales the others up; otherwise does nothing. */
export interface DropoutLayer {
  readonly kind: 'dropout';
  readonly name: string;
  /** At least 0 and less than 1. */
  readonly rate: number;
}

export function planDropout({ rate }: DropoutLayer, input: SampleShape): PlannedLayer {
  check(rate >= 0 && rate < 1, 'dropout', () => `the rate must be at least 0 and less than 1, not ${rate}`);
  return {
    output: input,
    macs: 0,
    parameters: [],
    forward: (x, _, { training }) => (training ? dropout(x, rate) : x),
  };
}
