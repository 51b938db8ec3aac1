import { expect, test } from 'vitest';
import { readFaceApi } from '../../../../src/normface/models/formats/face-api.ts';
import { safetensorsModel } from '../../../../src/normface/models/formats/safetensors.ts';
import {
  encodeSafetensors,
  type StoredTensor,
} from '../../../../src/normface/training/checkpoint/safetensors.ts';
import { joined } from './pickle-writer.ts';

const quantised = {
  name: 'conv/filters',
  shape: [1, 1, 2, 2],
  dtype: 'float32',
  quantization: { dtype: 'uint8', scale: 0.5, min: -10 },
};
const plain = { name: 'conv/bias', shape: [2], dtype: 'float32' };
const wide = {
  name: 'fc/weights',
  shape: [2],
  dtype: 'float32',
  quantization: { dtype: 'uint16', scale: 2, min: 1 },
};
const manifest = [{ weights: [quantised, plain, wide], paths: ['m-shard1', 'm-shard2'] }];
const shards: Record<string, Uint8Array> = {
  'm-shard1': Uint8Array.of(0, 1, 20, 255, 0, 0),
  'm-shard2': joined(
    Uint8Array.of(0x80, 0x3f),
    new Uint8Array(Float32Array.of(-2).buffer),
    Uint8Array.of(1, 1, 0, 1),
  ),
};
const read = (json: unknown, files = shards) => readFaceApi(json, async (path) => files[path]!, 'x');

test('quantised and plain numbers, across shards', async () => {
  const { tensors } = await read(manifest);
  expect(tensors.map(({ name, shape, values }) => [name, shape, [...values()]])).toEqual([
    ['conv/filters', [1, 1, 2, 2], [-10, -9.5, 0, 117.5]],
    ['conv/bias', [2], [1, -2]],
    ['fc/weights', [2], [515, 513]],
  ]);
});

const group = (more: object) => [{ weights: [plain], paths: ['m-shard1'], ...more }];

test.each<[string, unknown, string]>([
  ['no list', {}, 'it is no list of groups of weights'],
  ['shards that are too short', group({}), 'its tensors have 8 bytes, but m-shard1 have 6'],
  [
    'a path that leads elsewhere',
    group({ paths: ['../secret'] }),
    'the path 0 of a group is no name of a file beside it',
  ],
  [
    'an unknown type',
    group({ weights: [{ ...plain, dtype: 'complex64' }] }),
    '"conv/bias" is of an unknown type',
  ],
  ['a shape that is negative', group({ weights: [{ ...plain, shape: [-1] }] }), '"conv/bias" has no shape'],
  [
    'gigabytes',
    group({ weights: [{ ...plain, shape: [2 ** 40] }] }),
    'its weights have 4398046511104 bytes; at most 536870912 are read',
  ],
  [
    'two tensors of a name',
    group({
      weights: [
        { ...plain, shape: [1] },
        { ...plain, dtype: 'bool', shape: [2] },
      ],
    }),
    'it has two tensors "conv/bias"',
  ],
])('%s is refused', async (_, json, reason) => {
  await expect(read(json)).rejects.toThrow(`x is not a usable manifest of weights: ${reason}`);
});

test('numbers of every type of a safetensors file', () => {
  const tensors = new Map<string, StoredTensor>([
    ['f64', { dtype: 'F64', shape: [1], data: Float64Array.of(0.5) }],
    ['f16', { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) }],
    ['bf16', { dtype: 'BF16', shape: [1], data: Uint16Array.of(0xc040) }],
    ['i64', { dtype: 'I64', shape: [1], data: BigInt64Array.of(-7n) }],
    ['f32', { dtype: 'F32', shape: [1], data: Float32Array.of(3) }],
  ]);
  const file = safetensorsModel(encodeSafetensors(tensors, { net: 'a' }), 'x');
  expect(Object.fromEntries(file.tensors.map(({ name, values }) => [name, [...values()]]))).toEqual({
    f64: [0.5],
    f16: [1, -2],
    bf16: [-3],
    i64: [-7],
    f32: [3],
  });
  expect(file.metadata).toEqual({ net: 'a' });
});
