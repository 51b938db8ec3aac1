import { describe, expect, test } from 'vitest';
import { Parameters } from '../../src/engine/core/parameters.ts';
import {
  ArgumentError,
  batchNorm,
  clip,
  concat,
  conv2d,
  dropout,
  layerNorm,
  marginSoftmaxLoss,
  matmul,
  maxPool2d,
  oneHot,
  permute,
  SGD,
  ShapeError,
  softmax,
} from '../../src/engine/index.ts';
import { largestMagnitude } from '../../src/engine/runtime/magnitude.ts';
import { lossBound } from '../../src/normface/losses/bound.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const x = device.tensor([1, 2, 3, 4, 5, 6], [2, 3]);
const images = device.tensor([1, 2, 3, 4], [1, 2, 2, 1]);
const channel = device.tensor([1], [1]);
const labels = device.tensor([0, 1], [2], 'u32');
const declaration = { name: 'w', shape: [2], init: () => new Float32Array(2) };
const parameters = new Parameters(device, [declaration]);

/** What a call throws. */
async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return null;
}

describe('a shape that does not fit is a ShapeError, which is an ArgumentError', () => {
  test.each<[string, () => unknown]>([
    ['inner extents', () => matmul(x, x)],
    ['a shape', () => device.empty([0])],
    ['a count of numbers', () => device.tensor([1], [2])],
    ['an element type', () => softmax(labels, { axis: 0 })],
    ['extents beside the axis', () => concat([x, channel], { axis: 0 })],
    [
      'a tensor disposed of',
      () => {
        const gone = device.tensor([1], [1]);
        gone.dispose();
        return gone.read();
      },
    ],
  ])('%s', async (_, call) => {
    const error = await thrownBy(call);
    expect(error).toBeInstanceOf(ShapeError);
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as Error).name).toBe('ShapeError');
  });
});

describe('anything else that a call cannot be made with is an ArgumentError and no ShapeError', () => {
  test.each<[string, () => unknown]>([
    ['a rate of dropout', () => dropout(x, 1)],
    ['a learning rate', () => new SGD(parameters, { learningRate: -1 })],
    [
      'nesterov without momentum',
      () => new SGD(parameters, { learningRate: 1, momentum: 0, nesterov: true }),
    ],
    ['a norm to clip to', () => new SGD(parameters, { learningRate: 1, clipNorm: 0 })],
    ['a step that nothing preceded', () => new SGD(parameters, { learningRate: 1 }).step()],
    ['a name of a parameter', () => parameters.get('other')],
    ['a name given twice', () => new Parameters(device, [declaration, declaration])],
    ['a multiplier', () => new Parameters(device, [{ ...declaration, decayMultiplier: -1 }])],
    ['a data type', () => device.empty([1], 'f64' as 'f32')],
    ['a number that the type does not hold', () => device.tensor([-1], [1], 'u32')],
    ['no tensors', () => largestMagnitude([])],
    ['rows that are not whole', () => x.rows(0.5, 1)],
    ['a number of classes', () => oneHot(labels, { classes: 0 })],
    ['classes of a bound', () => lossBound(1, 3)],
    ['an axis', () => softmax(x, { axis: 2 })],
    ['an order', () => permute(x, [0])],
    ['a range', () => clip(x, { min: 2, max: 1 })],
    ['dimensions', () => layerNorm(x, null, null, { dimensions: 3 })],
    ['a stride', () => conv2d(images, device.tensor([1], [1, 1, 1, 1]), null, { stride: 0 })],
    ['a window', () => maxPool2d(images, { kernel: 0 })],
    [
      'an epsilon',
      () =>
        batchNorm(
          images,
          channel,
          channel,
          { mean: channel, variance: channel },
          { training: false, epsilon: 0 },
        ),
    ],
    ['a margin', () => marginSoftmaxLoss(x, x, labels, { scale: 1, margin: { kind: 'cosine', margin: -1 } })],
  ])('%s', async (_, call) => {
    const error = await thrownBy(call);
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error).not.toBeInstanceOf(ShapeError);
    expect((error as Error).name).toBe('ArgumentError');
  });
});
