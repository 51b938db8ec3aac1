import { convPRelu, residualPairs } from './blocks.ts';
import type { Net } from './net.ts';

const halve = { stride: 2, padding: 1 };

/** The family of the Center Face ResNet for crops of 48×56 pixels: 1.15 million parameters, strides instead of pools. */
export const small: Net = {
  name: 'small',
  input: [56, 48, 3],
  layers: [
    ...convPRelu('1', 32, halve),
    ...convPRelu('2', 64, halve),
    ...residualPairs(2, 64, 1),
    ...convPRelu('3', 128, halve),
    ...residualPairs(3, 128, 1),
    ...convPRelu('4', 256, halve),
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc5', outputs: 128 },
  ],
};
