import { describe, expect, test } from 'vitest';
import { globals } from 'webgpu';
import { checkOptionNames } from '../../src/engine/core/options.ts';
import { Parameters } from '../../src/engine/core/parameters.ts';
import type { Tensor } from '../../src/engine/core/tensor.ts';
import * as engine from '../../src/engine/index.ts';
import { openDevice } from '../../src/engine/runtime/device.node.ts';
import { openIdle } from '../../src/inspector/compiled/idle-adapter.ts';
import { adapterOf, cards } from '../../src/inspector/estimate/cards.ts';

Object.assign(globalThis, globals);
/** It does nothing: options are checked before anything is done. */
const device = await openIdle(adapterOf(cards.h200));

const floats = (...shape: number[]): Tensor => device.zeros(shape);
const labels = device.zeros([2], 'u32');
const parameters = () => new Parameters(device, [{ name: 'w', shape: [2], init: new Float32Array(2) }]);
const image = [floats(1, 4, 4, 4), floats(3, 3, 4, 4)] as const;
const head = [floats(2, 4), floats(3, 4), labels] as const;
const channels = [floats(4), floats(4)] as const;

/** Each function that takes options, by its name, called with options that nothing is known of. */
const calls: Readonly<Record<string, (options: never) => unknown>> = {
  sum: (options) => engine.sum(floats(2, 2), options),
  mean: (options) => engine.mean(floats(2, 2), options),
  max: (options) => engine.max(floats(2, 2), options),
  argmax: (options) => engine.argmax(floats(2, 2), options),
  logSumExp: (options) => engine.logSumExp(floats(2, 2), options),
  softmax: (options) => engine.softmax(floats(2, 2), options),
  logSoftmax: (options) => engine.logSoftmax(floats(2, 2), options),
  matmul: (options) => engine.matmul(floats(2, 2), floats(2, 2), options),
  conv2d: (options) => engine.conv2d(...image, null, options),
  fusedConv2d: (options) => engine.fusedConv2d({ x: image[0], weight: image[1] }, options),
  maxPool2d: (options) => engine.maxPool2d(image[0], options),
  averagePool2d: (options) => engine.averagePool2d(image[0], options),
  maxFeatureMap: (options) => engine.maxFeatureMap(floats(2, 2), options),
  add: (options) => engine.add(floats(2), floats(2), options),
  clip: (options) => engine.clip(floats(2), options),
  gelu: (options) => engine.gelu(floats(2), options),
  leakyRelu: (options) => engine.leakyRelu(floats(2), options),
  batchNorm: (options) =>
    engine.batchNorm(floats(2, 4), ...channels, { mean: channels[0], variance: channels[1] }, options),
  layerNorm: (options) => engine.layerNorm(floats(2, 4), null, null, options),
  concat: (options) => engine.concat([floats(2)], options),
  oneHot: (options) => engine.oneHot(labels, options),
  pad: (options) => engine.pad(floats(2), options),
  slice: (options) => engine.slice(floats(2), options),
  resize: (options) => engine.resize(image[0], options),
  warpAffine: (options) =>
    engine.warpAffine(device.images(new Uint8Array(64), [1, 4, 4]), floats(1, 2, 3), null, options),
  augmentImages: (options) => engine.augmentImages(device.images(new Uint8Array(64), [1, 4, 4]), options),
  imageBatch: (options) => engine.imageBatch(device.images(new Uint8Array(64), [1, 4, 4]), options),
  softmaxLoss: (options) => engine.softmaxLoss(...head, options),
  cosineSoftmaxLoss: (options) => engine.cosineSoftmaxLoss(...head, options),
  marginSoftmaxLoss: (options) => engine.marginSoftmaxLoss(...head, options),
  sphereFace2Loss: (options) => engine.sphereFace2Loss(...head, options),
  uniFaceLoss: (options) => engine.uniFaceLoss(...head, options),
  centerLoss: (options) => engine.centerLoss(...head, options),
  cContrastiveLoss: (options) => engine.cContrastiveLoss(...head, options),
  cTripletLoss: (options) => engine.cTripletLoss(...head, options),
  contrastiveLoss: (options) => engine.contrastiveLoss(head[0], labels, options),
  tripletLoss: (options) => engine.tripletLoss(head[0], labels, options),
  SGD: (options) => new engine.SGD(parameters(), options),
  Adam: (options) => new engine.Adam(parameters(), options),
};

test.each(Object.entries(calls))('%s refuses an option that it does not have', (name, call) => {
  expect(() => call({ nosuchthing: 1 } as never)).toThrow(
    new RegExp(`^${name}: unknown option "nosuchthing"; there (is|are) \\w+`),
  );
  expect(() => call(3 as never)).toThrow(/: the options are an object such as \{ \w+: … \}, not 3$/);
});

describe('a misspelt option', () => {
  test('is told with the likely intended one', () => {
    const misspelt = (name: string, options: object) => () => calls[name]!(options as never);
    expect(misspelt('sum', { axis: 1 })).toThrow('sum: unknown option "axis", did you mean "axes"?');
    expect(misspelt('matmul', { transposeb: true })).toThrow('did you mean "transposeB"?');
    expect(misspelt('SGD', { learningRate: 1, momentun: 0 })).toThrow('did you mean "momentum"?');
    expect(() => new engine.AdamW(parameters(), { learningRate: 1, decay: 1 } as never)).toThrow('"decay"');
    expect(() => engine.fusedConv2d({ x: image[0], wieght: image[1] } as never)).toThrow('unknown option');
  });

  test('of openDevice is refused before a device is opened', async () => {
    await expect(openDevice({ adaptor: 'x' } as never)).rejects.toThrow('did you mean "adapter"?');
    await expect(openDevice({ debug: { checkfinite: true } } as never)).rejects.toThrow(
      'openDevice, debug: unknown option "checkfinite", did you mean "checkFinite"?',
    );
    await expect(openDevice({ toggles: { enabled: [] } } as never)).rejects.toThrow('did you mean "enable"?');
  });

  test.each([
    ['mode', 'quick', 'openDevice: mode is "safe" or "fast", not "quick"'],
    ['tune', true, 'openDevice: tune is "off" or "cache" or "full", not true'],
    ['operands', 'f64', 'openDevice: operands is "f32" or "f16", not "f64"'],
    ['tuneIn', 'thread', 'openDevice: tuneIn is "child" or "process", not "thread"'],
  ])('of openDevice has a value that there is: %s', async (name, value, sentence) => {
    await expect(openDevice({ [name]: value } as never)).rejects.toThrow(sentence);
  });

  test('that is undefined is not given', () => {
    expect(() => checkOptionNames('f', { a: 1, b: undefined }, { a: true } as never)).not.toThrow();
  });
});

test('a tensor in place of the options is called one', () => {
  expect(() => engine.matmul(floats(2, 2), floats(2, 2), floats(2) as never)).toThrow(
    'matmul: the options are an object such as { transposeA: … }, not a tensor',
  );
});

test('no declared case has an option that its operator refuses', () => {
  // What else a case lacks on a device that does nothing is of no interest here.
  for (const { name, cases } of engine.operators) {
    for (const { label, inputs, apply } of cases) {
      const size = inputs.reduce((sum, { shape }) => sum + engine.elementCount(shape), 0);
      if (size > 500) continue;
      const tensors = inputs.map(({ shape, kind }) =>
        kind === 'pixels'
          ? device.tensor(new Uint8Array(engine.elementCount(shape)), shape, 'rgba8')
          : device.zeros(shape, kind === 'labels' ? 'u32' : 'f32'),
      );
      try {
        device.scope(() => apply(tensors));
      } catch (error) {
        expect((error as Error).message, `${name} ${label}`).not.toMatch(/unknown option|the options are/);
      }
    }
  }
});
