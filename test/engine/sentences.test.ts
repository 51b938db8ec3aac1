import { expect, test } from 'vitest';
import * as engine from '../../src/engine/index.ts';
import { testDevice } from './open.ts';

const device = await testDevice();
const x = device.zeros([1, 4, 4, 1]);
const weight = device.zeros([3, 3, 1, 1]);

/** Calls that only JavaScript lets through, and the whole sentence each is refused with. */
const table: readonly (readonly [string, () => unknown])[] = [
  [
    'tensor: the numbers are a list or a typed array, not undefined',
    () => device.tensor(undefined as never, [1]),
  ],
  ['tensor: the numbers are a list or a typed array, not 3', () => device.tensor(3 as never, [1])],
  [
    'Parameters: w needs init: its first values, or a function that makes them',
    () => new engine.Parameters(device, [{ name: 'w', shape: [1] } as never]),
  ],
  [
    'SGD: the options are an object such as { learningRate: … }, not undefined',
    () =>
      new engine.SGD(
        new engine.Parameters(device, [{ name: 'w', shape: [1], init: new Float32Array(1) }]),
        undefined as never,
      ),
  ],
  [
    'clip: the options are an object such as { min: … }, not undefined',
    () => engine.clip(x, undefined as never),
  ],
  [
    'double: record takes the name of the operator, a list of its inputs, and a function as backward',
    () => engine.record(x, { operator: 'double', inputs: [x] } as never),
  ],
  [
    'record: record takes the name of the operator, a list of its inputs, and a function as backward',
    () => engine.record(x, undefined as never),
  ],
  [
    'conv2d: padding is one number or [top, bottom, left, right], not "same"',
    () => engine.conv2d(x, weight, null, { padding: 'same' as never }),
  ],
  [
    'conv2d: the operands are tensors, not {"stride":2}; options come after them',
    () => engine.conv2d(x, weight, { stride: 2 } as never),
  ],
  [
    'dropout: the rate must be at least 0 and less than 1, not {"rate":0.5}',
    () => engine.dropout(x, { rate: 0.5 } as never),
  ],
  [
    'scale: the factor must be a finite f32 number, not {"factor":2}',
    () => engine.scale(x, { factor: 2 } as never),
  ],
];

test.each(table)('%s', (sentence, call) => {
  expect(call).toThrow(new engine.ArgumentError(sentence));
});
