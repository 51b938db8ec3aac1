/** Whether a 3×3 convolution is computed by Winograd's products where nothing was measured, on GPUs that are not here. */

import { describe, expect, test } from 'vitest';
import { globals } from 'webgpu';
import { conv2dGeometry } from '../../src/engine/ops/conv2d/conv2d_geometry.ts';
import {
  conv2dForward,
  conv2dGradInput,
  conv2dGradWeight,
} from '../../src/engine/ops/conv2d/conv2d_products.ts';
import { runtimeOf } from '../../src/engine/runtime/runtime.ts';
import { type AdapterClass, balanceOf } from '../../src/engine/tuning/adapter-class.ts';
import { openIdle } from '../../src/inspector/compiled/idle-adapter.ts';
import { type CardName, cardNames } from '../../src/inspector/estimate/card-names.ts';
import { adapterOf, cards } from '../../src/inspector/estimate/cards.ts';
import { assumptions } from '../../src/inspector/estimate/time.ts';

Object.assign(globalThis, globals);

/** Batch, height, width, channels, output channels, padding: layers of the Center Face ResNet and of IResNet. */
const layers = {
  '28×24, 128→128, batch 64': [64, 28, 24, 128, 128, 1],
  '28×24, 128→128, batch 8': [8, 28, 24, 128, 128, 1],
  '54×46, 64→64, batch 64': [64, 54, 46, 64, 64, 1],
  '12×10, 256→256, batch 64': [64, 12, 10, 256, 256, 1],
  '26×22, 128→256 without padding, batch 64': [64, 26, 22, 128, 256, 0],
  '7×7, 512→512, batch 1': [1, 7, 7, 512, 512, 1],
} as const;

/** What forward and input gradient are computed by. */
async function algorithmsOn(name: CardName, layer: keyof typeof layers): Promise<string[]> {
  const device = await openIdle(adapterOf(cards[name]));
  const [batch, height, width, channels, outChannels, padding] = layers[layer];
  const g = conv2dGeometry([batch, height, width, channels], [3, 3, channels, outChannels], { padding });
  const x = device.empty([batch, height, width, channels]);
  const w = device.empty([3, 3, channels, outChannels]);
  const y = device.empty([batch, g.OUT_HEIGHT, g.OUT_WIDTH, outChannels]);
  return [() => conv2dForward(device, g, x, w, {}, y), () => conv2dGradInput(device, g, y, w, x)].map(
    (work) => {
      const variants = runtimeOf(device)
        .dispatchesOf(work)
        .map(({ decisions }) => decisions[0]!.variant);
      return variants[0]!.startsWith('winograd') ? variants[0]! : 'direct';
    },
  );
}

const transformed = ['winograd 4×4', 'winograd 4×4'];
const direct = ['direct', 'direct'];

test.each<[keyof typeof layers, CardName, string[]]>([
  // The 4090 does 65 operations of a product while a byte comes from memory: 242 MB are as long as what the direct product does more.
  ['28×24, 128→128, batch 64', 'rtx-4090', direct],
  ['28×24, 128→128, batch 64', 'h200', transformed],
  ['28×24, 128→128, batch 64', 'm2', transformed],
  ['28×24, 128→128, batch 64', 'arc-a770', transformed],
  ['28×24, 128→128, batch 64', 'iris-xe', transformed],
  // An eighth of the work, and as many dispatches.
  ['28×24, 128→128, batch 8', 'rtx-4090', direct],
  ['28×24, 128→128, batch 8', 'm2', transformed],
  // Half of the channels: twice as many numbers for each multiplication that is saved.
  ['54×46, 64→64, batch 64', 'rtx-4090', direct],
  ['54×46, 64→64, batch 64', 'arc-a770', direct],
  ['54×46, 64→64, batch 64', 'h200', transformed],
  ['12×10, 256→256, batch 64', 'rx-7900-xtx', transformed],
  // Its outputs are 24×20, which tiles of 4×4 fill; the gradient is 26×22.
  ['26×22, 128→256 without padding, batch 64', 'rx-7900-xtx', ['winograd 4×4', 'direct']],
  // 2.4 million weights to transform for four tiles.
  ['7×7, 512→512, batch 1', 'h200', direct],
  ['7×7, 512→512, batch 1', 'iris-xe', direct],
])('%s on %s: %j', async (layer, card, expected) => {
  expect(await algorithmsOn(card, layer)).toEqual(expected);
});

test('the 36 products of a weight gradient, which has few numbers and a long k, are cut along k on a large GPU', async () => {
  const device = await openIdle(adapterOf(cards.h200));
  const [batch, height, width, channels, outChannels, padding] = layers['28×24, 128→128, batch 64'];
  const g = conv2dGeometry([batch, height, width, channels], [3, 3, channels, outChannels], { padding });
  const x = device.empty([batch, height, width, channels]);
  const y = device.empty([batch, height, width, outChannels]);
  const dispatches = runtimeOf(device).dispatchesOf(() =>
    conv2dGradWeight(device, g, x, y, device.empty([3, 3, channels, outChannels])),
  );
  const product = dispatches.find(({ dispatch }) => dispatch.kernel.name === 'gemm')!;
  expect(product.decisions.map(({ variant }) => variant)).toEqual(['winograd 4×4', 'pipelined 128×128 in 7']);
  expect(product.grid).toEqual([1, 1, 36 * 7]);
  // Added in order, before they are transformed back.
  expect(dispatches.slice(-2).map(({ dispatch }) => dispatch.kernel.name)).toEqual([
    'sum_rows',
    'winograd_grad_weight',
  ]);
});

describe('what memory and dispatches cost', () => {
  const { multiplyAddShare, launchMicroseconds } = assumptions;

  test.each(cardNames)('is within 5 %% of what follows from the peaks of %s', (name) => {
    const { adapter, name: device, gflops, gigabytesPerSecond } = cards[name];
    const { perByte } = balanceOf({ software: false, vendor: adapter.vendor, device })!;
    expect((perByte * gigabytesPerSecond) / (multiplyAddShare.product * gflops)).toBeCloseTo(1, 1);
  });

  test('is a wait of as many microseconds as the estimates of steps have', () => {
    const { perByte, perDispatch } = balanceOf({ software: false, vendor: 'nvidia', device: '' })!;
    const operationsPerMicrosecond = 1e3 * perByte * cards['rtx-4090'].gigabytesPerSecond;
    expect(perDispatch / operationsPerMicrosecond).toBeCloseTo(launchMicroseconds, 6);
  });

  test.each([
    ['NVIDIA A100-SXM4-80GB', true],
    ['Tesla V100-SXM2-16GB', true],
    ['NVIDIA GeForce RTX 3090', false],
    ['NVIDIA RTX A3000 Laptop GPU', false],
    ['', false],
  ])('%s has stacked memory: %s', (device, stacked) => {
    const of = (name: string) => balanceOf({ software: false, vendor: 'nvidia', device: name });
    expect(of(device)).toEqual(of(stacked ? 'NVIDIA H200' : 'NVIDIA GeForce RTX 4090'));
  });

  test('is known of every class of GPUs, and of no software driver', () => {
    const vendors: Record<AdapterClass, string> = {
      software: 'mesa',
      intel: 'intel',
      amd: 'amd',
      nvidia: 'nvidia',
      apple: 'apple',
      other: '',
    };
    for (const [name, vendor] of Object.entries(vendors)) {
      const { perByte } = balanceOf({ software: name === 'software', vendor, device: '' }) ?? {
        perByte: null,
      };
      if (name === 'software') expect(perByte).toBeNull();
      else expect(perByte, name).toBeGreaterThan(10);
    }
  });
});
