import { expect, test } from 'vitest';
import { UserError } from '../../../../src/common/errors.ts';
import { parseJson } from '../../../../src/common/json.ts';
import { readCaffe } from '../../../../src/normface/models/formats/caffe.ts';
import { readFaceApi } from '../../../../src/normface/models/formats/face-api.ts';
import { readPyTorch } from '../../../../src/normface/models/formats/pytorch.ts';
import { formatOf } from '../../../../src/normface/models/formats/recognise.ts';
import { safetensorsModel } from '../../../../src/normface/models/formats/safetensors.ts';
import type { ModelFile } from '../../../../src/normface/models/model-file.ts';
import {
  encodeSafetensors,
  float32Tensor,
} from '../../../../src/normface/training/checkpoint/safetensors.ts';
import { newNet, oldNet } from './caffe-writer.ts';
import { survives } from './mutate.ts';
import { archive, oldFile, stateDict } from './torch-writer.ts';

/** NORMFACE_FUZZ multiplies the numbers of inputs. */
const times = Number(process.env.NORMFACE_FUZZ ?? 1);

const safetensors = encodeSafetensors(
  new Map([
    ['a', float32Tensor(Float32Array.of(1, 2), [2])],
    ['b', float32Tensor(Float32Array.of(3), [1])],
  ]),
  { net: 'small' },
);
const manifest = new TextEncoder().encode(
  JSON.stringify([
    {
      weights: [
        { name: 'a', shape: [1, 2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
        { name: 'b', shape: [1], dtype: 'float32' },
      ],
      paths: ['s1'],
    },
  ]),
);

/** Reads all numbers, as an import does. */
function readAll({ tensors }: ModelFile): void {
  for (const tensor of tensors) tensor.values();
}

async function readManifest(bytes: Uint8Array): Promise<void> {
  let json: unknown;
  try {
    json = parseJson(new TextDecoder().decode(bytes));
  } catch {
    throw new UserError('x is not JSON');
  }
  readAll(await readFaceApi(json, async () => new Uint8Array(6), 'x'));
}

test.each<[string, number, readonly Uint8Array[], (bytes: Uint8Array) => unknown]>([
  ['PyTorch, old', 5000, [oldFile(stateDict(true))], (bytes) => readAll(readPyTorch(bytes, 'x'))],
  [
    'PyTorch, zip',
    3000,
    [archive(stateDict(false)), archive(stateDict(false), { level: 6 })],
    (bytes) => readAll(readPyTorch(bytes, 'x')),
  ],
  ['Caffe', 6000, [newNet, oldNet], (bytes) => readAll(readCaffe(bytes, 'x'))],
  ['safetensors', 2500, [safetensors], (bytes) => readAll(safetensorsModel(bytes, 'x'))],
  ['face-api', 2500, [manifest], readManifest],
  [
    'the format itself',
    1000,
    [newNet, oldNet, safetensors, archive(stateDict(false))],
    (bytes) => formatOf(bytes, 'x'),
  ],
])('%s: %d damaged files are read or refused in one sentence', async (_, count, files, read) => {
  for (const file of files) await read(file);
  const refused = await survives(files, count * times, read);
  expect(refused).toBeGreaterThan(count / 100);
});
