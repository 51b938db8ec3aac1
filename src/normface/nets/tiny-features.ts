import { convPRelu } from './blocks.ts';
import type { Net } from './net.ts';

const halve = { stride: 2, padding: 1 };

/**
 * A feature of two or three numbers from small pictures, to be watched while it forms: 0.7 million multiply-accumulates an image, so that
 * software drivers in browsers take a step in a fraction of a second. It sees colour, which tells generated people apart, and takes
 * digits as grey pictures.
 */
const tinyFeature = (outputs: 2 | 3): Net => ({
  name: `tiny-${outputs}d`,
  input: [28, 28, 3],
  layers: [
    ...convPRelu('1', 16, halve),
    ...convPRelu('2', 32, halve),
    ...convPRelu('3', 64, halve),
    { kind: 'flatten', name: 'flatten' },
    { kind: 'fullyConnected', name: 'fc4', outputs: 128 },
    { kind: 'prelu', name: 'prelu4' },
    { kind: 'fullyConnected', name: 'fc5', outputs },
  ],
});

export const tiny2d = tinyFeature(2);
export const tiny3d = tinyFeature(3);
