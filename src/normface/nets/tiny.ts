import { convPRelu, residualPairs } from './blocks.ts';
import type { Net } from './net.ts';

const halve = { stride: 2, padding: 1 };

/** The net `small` with fewer channels, for tests and the demo: a ninth of its cost, 0.11 million parameters. */
export const tiny: Net = {
  name: 'tiny',
  input: [56, 48, 3],
  layers: [
    ...convPRelu('1', 16, halve),
    ...convPRelu('2', 24, halve),
    ...residualPairs(2, 24, 1),
    ...convPRelu('3', 32, halve),
    ...residualPairs(3, 32, 1),
    ...convPRelu('4', 64, halve),
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc5', outputs: 64 },
  ],
};
