import { expect, test } from 'vitest';
import {
  encodeOnnx,
  encodeSafetensors,
  foldNet,
  importModel,
  type ModelFile,
  readModel,
  stateDictionary,
  UserError,
} from '../../../src/normface/index.ts';
import { withRandomValues } from '../nets/reference.ts';
import { newNet } from './formats/caffe-writer.ts';
import { archive, stateDict } from './formats/torch-writer.ts';
import { smallNets } from './nets.ts';

const net = smallNets.find(({ name }) => name === 'squeeze-excite')!;
const trained = withRandomValues(net);

test('a net that the library exports is read as the same numbers, by graph and by tensors', async () => {
  const model = await readModel(encodeOnnx(trained, { input: net.input }), 'model.onnx');
  expect(model.format).toBe('onnx');
  expect(importModel(model, { source: 'model.onnx', name: net.name }).values).toEqual(trained.values);
  const tensors = encodeSafetensors(stateDictionary(trained, net.input));
  const stored = await readModel(tensors, 'net.safetensors');
  const filled = importModel(stored, { source: 'net.safetensors', name: net.name, net: trained.net });
  expect(filled.values).toEqual(trained.values);
  expect(filled.unused).toEqual([]);
  expect(foldNet(trained).values.size).toBeLessThanOrEqual(trained.values.size);
});

const manifest = new TextEncoder().encode(
  JSON.stringify([{ weights: [{ name: 'a', shape: [2], dtype: 'float32' }], paths: ['shard1'] }]),
);
const numbers = new Uint8Array(Float32Array.of(1, -2).buffer);

test.each<[ModelFile['format'], Uint8Array, string]>([
  ['caffe', newNet, 'conv1.weight'],
  ['pytorch', archive(stateDict(false)), 'conv.weight'],
  ['face-api', manifest, 'a'],
])('the content of a file says that it is of %s', async (format, bytes, first) => {
  const file = await readModel(bytes, 'x', async () => numbers);
  expect([file.format, file.tensors[0]!.name]).toEqual([format, first]);
});

test('what is no model, or only a part of one, is said in a sentence', async () => {
  await expect(readModel(manifest, 'x')).rejects.toThrow(
    new UserError('x keeps its numbers in another file ("shard1"), which is not given'),
  );
  await expect(readModel(new TextEncoder().encode('[1]'), 'x')).rejects.toThrow(
    /^x is JSON, but no manifest/,
  );
  await expect(readModel(new TextEncoder().encode('[1'), 'x')).rejects.toThrow(
    'x is damaged: it is not JSON',
  );
  await expect(readModel(new Uint8Array(), 'x')).rejects.toThrow(/^x is empty; Caffe/);
});
