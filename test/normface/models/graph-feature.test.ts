import { expect, test } from 'vitest';
import { featureOf } from '../../../src/normface/models/graph-feature.ts';
import type { ModelGraph, ModelNode } from '../../../src/normface/models/model-file.ts';

const node = (output: string, ...inputs: string[]): ModelNode => ({
  name: output,
  operation: { kind: 'relu' },
  inputs,
  output,
});

/** As a net of Caffe's that was stored while it was trained, with labels that are sliced. */
const trained = (...heads: string[]): ModelGraph => ({
  inputs: [{ name: 'label' }, { name: 'data', shape: [3, 0, 0] }],
  outputs: ['label1', 'label2', ...heads],
  nodes: [
    node('label1', 'label'),
    node('label2', 'label'),
    node('conv1', 'data'),
    ...heads.map((head) => node(head, 'conv1')),
  ],
});

test('an output that does not follow from the images is no feature', () => {
  expect(featureOf(trained('fc'), { source: 'x' })).toBe('fc');
  expect(() => featureOf(trained('conv4-1', 'conv4-2'), { source: 'x' })).toThrow(
    'x has several outputs (conv4-1, conv4-2); say which of them is the feature (--feature NAME)',
  );
});

test('a name that there is not: those that there are, the nearest first, and not all of many', () => {
  expect(() => featureOf(trained('fc', 'conv4-2'), { source: 'x', output: 'conv42' })).toThrow(
    /^x has no value and no node "conv42"; it has conv4-2, conv1, fc$/,
  );
  const heads = Array.from({ length: 30 }, (_, i) => `head${i}`);
  expect(() => featureOf(trained(...heads), { source: 'x', output: 'head-7' })).toThrow(
    /it has head7, (head\d+, ){18}head\d+ and 11 more$/,
  );
});
