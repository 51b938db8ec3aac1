import { expect, test } from 'vitest';
import { casesOf } from '../../bench/cases.ts';
import { checkTranslated, withDepthwise } from '../../bench/peers/translated.ts';
import { findNet } from '../../src/normface/nets/index.ts';
import type { Layer } from '../../src/normface/nets/net.ts';

test('every net of the benchmark is translated', () => {
  const nets = [...casesOf('step'), ...casesOf('infer')].flatMap(({ work }) =>
    'net' in work ? [work.net] : [],
  );
  expect(new Set(nets.map(({ name }) => name)).size).toBeGreaterThan(2);
  for (const { layers } of nets) checkTranslated(layers, withDepthwise);
});

test.each<[string, readonly Layer[], string]>([
  ['an unknown layer', findNet('iresnet-18').layers, 'no batchNorm layer in this comparison'],
  [
    'an unknown layer in a shortcut',
    [{ kind: 'residual', name: 'r', layers: [], shortcut: [{ kind: 'sigmoid', name: 's' }] }],
    'no sigmoid layer in this comparison',
  ],
  [
    'an unknown setting',
    [{ kind: 'conv', name: 'c', channels: 8, kernel: 3, groups: 8 }],
    'no conv layer with groups in this comparison',
  ],
  [
    'two strides',
    [{ kind: 'conv', name: 'c', channels: 8, kernel: 3, stride: [1, 2] }],
    'no conv layer with two strides in this comparison',
  ],
  [
    'windows of 3×3',
    [{ kind: 'maxPool', name: 'p', kernel: 3 }],
    'no maxPool layer with kernel 3 in this comparison',
  ],
])('%s is named instead of left out', (_, layers, message) => {
  expect(() => checkTranslated(layers)).toThrow(message);
});

test("groups of more than one channel are nobody's", () => {
  const layers: Layer[] = [{ kind: 'conv', name: 'c', channels: 8, kernel: 3, groups: 4 }];
  expect(() => checkTranslated(layers, withDepthwise)).toThrow(
    'no conv layer with 4 groups in this comparison',
  );
});
