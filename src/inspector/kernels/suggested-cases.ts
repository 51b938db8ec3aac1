/** Cases worth looking at: of the size that nets have, where the operators' own cases are as small as tests want them. */

import type { BoundCase, Operator } from '../../engine/core/operator.ts';
import { parseCase } from './case-text.ts';

/** By operator, in the order in which a kernel tries them. The first ones take well under a second also without a GPU. */
const suggested: Readonly<Record<string, readonly string[]>> = {
  add: ['64x64x64 64x64x64', '64x64x64 64'],
  argmax: ['512x1000 axes=[1]'],
  averagePool2d: ['8x28x24x64 kernel=2'],
  globalAveragePool: ['8x14x12x128'],
  batchNorm: ['512x64'],
  cContrastiveLoss: ['32x64 250x64', '64x512 10572x512'],
  cTripletLoss: ['32x64 250x64', '64x512 10572x512'],
  centerLoss: ['32x64 250x64'],
  contrastiveLoss: ['64x64'],
  conv2d: [
    '2x14x12x32 3x3 64',
    '2x14x12x64 3x3 64 groups=64',
    '2x14x12x64 1x1 64',
    '2x28x24x32 3x3 64 stride=2',
    '8x28x24x128 3x3 128',
  ],
  cosineSoftmaxLoss: ['32x64 250x64 scale=16', '64x512 10572x512 scale=30'],
  dropout: ['64x4096'],
  fusedConv2d: ['1x14x12x32 3x3 32', '2x14x12x64 3x3 64 groups=64', '8x28x24x128 3x3 128'],
  gather: ['1000x64 512'],
  l2Normalise: ['512x512'],
  layerNorm: ['512x512 512 512'],
  logSoftmax: ['512x1000'],
  logSumExp: ['512x1000 axes=[1]'],
  marginSoftmaxLoss: ['32x64 250x64', '64x512 10572x512'],
  matmul: ['128', '64x1024x64', '64x2688x128', '64x512x1000', '512', '1024', '16x64x64 16x64x64'],
  max: ['512x1000 axes=[1]'],
  maxFeatureMap: ['8x28x24x64'],
  maxPool2d: ['8x28x24x64 kernel=2'],
  gelu: ['512x512'],
  mean: ['512x512', '512x512 axes=[1]'],
  multiply: ['512x512 512x512'],
  oneHot: ['512 classes=1000'],
  pad: ['64x64x64 before=[0,1,0] after=[0,1,0]'],
  peakCopy: ['1000000'],
  permute: ['8x28x24x64 order=[0,3,1,2]'],
  prelu: ['8x28x24x64', '8x56x48x64'],
  relu: ['8x28x24x64'],
  resize: ['8x28x24x64 height=56 width=48'],
  scale: ['512x512'],
  slice: ['64x64x64 start=[0,2,4]'],
  softmax: ['512x1000'],
  softmaxLoss: ['32x64 250x64', '64x512 10572x512'],
  sphereFace2Loss: ['32x64 250x64', '64x512 10572x512'],
  sum: ['512x512', '512x512 axes=[0]'],
  transpose: ['1024x512'],
  tripletLoss: ['64x64'],
  uniFaceLoss: ['32x64 250x64', '64x512 10572x512'],
};

/** Texts of cases of an operator: those of the size that nets have, then its own that can be written. */
export function casesToTry(operator: Operator): string[] {
  const own = operator.cases.flatMap((sample) => caseTextOf(operator, sample) ?? []);
  return [...new Set([...(suggested[operator.name] ?? []), ...own])];
}

/** A case as a person would write it; null where its words mean another one, as with inputs of an unusual kind. */
export function caseTextOf(operator: Operator, { inputs, attributes }: BoundCase): string | null {
  const words = [
    ...inputs.map(({ shape }) => shape.join('x')),
    ...Object.entries(attributes ?? {}).map(
      ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ];
  const text = words.join(' ');
  if (words.some((word) => word === '' || /\s/.test(word))) return null;
  try {
    const meant = parseCase(operator, text);
    const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
    return same(meant.inputs, inputs) && same(meant.attributes, attributes) ? text : null;
  } catch {
    return null;
  }
}
