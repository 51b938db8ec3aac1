import { expect, test } from 'vitest';
import { UserError } from '../../../../src/common/errors.ts';
import { parseJson } from '../../../../src/common/json.ts';
import { readCaffe } from '../../../../src/normface/models/formats/caffe.ts';
import { readFaceApi } from '../../../../src/normface/models/formats/face-api.ts';
import { readOnnx } from '../../../../src/normface/models/formats/onnx.ts';
import { readPickle } from '../../../../src/normface/models/formats/pickle.ts';
import { readPyTorch } from '../../../../src/normface/models/formats/pytorch.ts';
import { formatOf } from '../../../../src/normface/models/formats/recognise.ts';
import { safetensorsModel } from '../../../../src/normface/models/formats/safetensors.ts';
import { importModel } from '../../../../src/normface/models/import-model.ts';
import type { ModelFile } from '../../../../src/normface/models/model-file.ts';
import {
  encodeSafetensors,
  float32Tensor,
} from '../../../../src/normface/training/checkpoint/safetensors.ts';
import { floats, onnx, whole } from '../onnx-builder.ts';
import { netOf, newNet, oldNet } from './caffe-writer.ts';
import { survives } from './mutate.ts';
import { written } from './python-pickles.ts';
import { archive, oldFile, orderedDict, stateDict, tensor } from './torch-writer.ts';

/** Damaged files for each reader; NORMFACE_FUZZ multiplies it. */
const count = 20_000 * Number(process.env.NORMFACE_FUZZ ?? 1);

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

/** A convolution with its norm, zeros around it, a residual, a shape that is computed, and unit length. */
const chain = onnx({
  tensors: [
    floats('w', [2, 1, 1, 1], [1, -2]),
    ...['g', 'b', 'm', 'v'].map((name) => floats(name, [2], [1, 2])),
    floats('s', [2, 1, 1], [0.5, 0.25]),
    floats('fc', [2, 8]),
    whole('pads', [0, 0, 1, 1, 0, 0, 1, 1]),
    whole('zero', [0]),
    whole('rest', [-1]),
    floats('small', [], [1e-6]),
  ],
  inputs: { x: [0, 1, 2, 2] },
  nodes: [
    { op: 'Conv', in: ['x', 'w'], out: ['c'], attributes: { kernel_shape: [1, 1] } },
    {
      op: 'BatchNormalization',
      in: ['c', 'g', 'b', 'm', 'v'],
      out: ['n'],
      attributes: { epsilon: { float: 0.5 } },
    },
    { op: 'PRelu', in: ['n', 's'], out: ['p'] },
    { op: 'Add', in: ['c', 'p'], out: ['a'] },
    { op: 'Pad', in: ['a', 'pads'], out: ['z'] },
    { op: 'AveragePool', in: ['z'], out: ['q'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { op: 'Shape', in: ['q'], out: ['shape'] },
    { op: 'Gather', in: ['shape', 'zero'], out: ['batch'] },
    { op: 'Concat', in: ['batch', 'rest'], out: ['flat'], attributes: { axis: 0 } },
    { op: 'Reshape', in: ['q', 'flat'], out: ['r'] },
    { op: 'Gemm', in: ['r', 'fc'], out: ['f'], attributes: { transB: 1, alpha: { float: 2 } } },
    { op: 'ReduceL2', in: ['f'], out: ['l'], attributes: { axes: [1] } },
    { op: 'Clip', in: ['l', 'small'], out: ['k'] },
    { op: 'Div', in: ['f', 'k'], out: ['y'] },
  ],
});

/** Parts of the channels, their maximum, a gate, branches side by side, and constants that follow from others. */
const joins = onnx({
  tensors: [
    floats('w', [4, 1, 1, 1]),
    floats('w1', [1, 2]),
    floats('w2', [2, 1]),
    floats('fc', [4, 3]),
    whole('axes', [2, 3]),
    whole('two', [2], []),
  ],
  inputs: { x: [0, 1, 2, 2] },
  nodes: [
    { op: 'Conv', in: ['x', 'w'], out: ['c'] },
    { op: 'Split', in: ['c'], out: ['a', 'b'], attributes: { axis: 1 } },
    { op: 'Max', in: ['a', 'b'], out: ['m'] },
    { op: 'GlobalAveragePool', in: ['m'], out: ['g'] },
    { op: 'Flatten', in: ['g'], out: ['g1'] },
    { op: 'Gemm', in: ['g1', 'w1'], out: ['g2'], attributes: { transB: 1 } },
    { op: 'Relu', in: ['g2'], out: ['g3'] },
    { op: 'Gemm', in: ['g3', 'w2'], out: ['g4'], attributes: { transB: 1 } },
    { op: 'Sigmoid', in: ['g4'], out: ['g5'] },
    { op: 'Unsqueeze', in: ['g5', 'axes'], out: ['g6'] },
    { op: 'Mul', in: ['m', 'g6'], out: ['s'] },
    { op: 'LeakyRelu', in: ['s'], out: ['l'], attributes: { alpha: { float: 0.5 } } },
    { op: 'Concat', in: ['s', 'l'], out: ['d'], attributes: { axis: 1 } },
    { op: 'GlobalAveragePool', in: ['d'], out: ['e'] },
    { op: 'Squeeze', in: ['e', 'axes'], out: ['q'] },
    { op: 'Transpose', in: ['fc'], out: ['t'] },
    { op: 'Cast', in: ['two'], out: ['h'], attributes: { to: 1 } },
    { op: 'Div', in: ['t', 'h'], out: ['u'] },
    { op: 'Transpose', in: ['u'], out: ['v'] },
    { op: 'MatMul', in: ['q', 'v'], out: ['y'] },
  ],
});

const few = orderedDict([
  ['a', tensor(0, 0, [3, 2], [1, 3])],
  ['b', tensor(3, 0, [2], [1])],
]);

/** Reads all numbers, as an import does. */
function readAll({ tensors }: ModelFile): void {
  for (const tensor of tensors) tensor.values();
}

/** A net of the file's own graph. */
const toNet = (file: ModelFile, imageSize?: [number, number]) =>
  importModel(file, { source: 'x', name: 'net', ...(imageSize && { imageSize }) });

async function readManifest(bytes: Uint8Array): Promise<void> {
  let json: unknown;
  try {
    json = parseJson(new TextDecoder().decode(bytes));
  } catch {
    throw new UserError('x is not JSON');
  }
  readAll(await readFaceApi(json, async () => new Uint8Array(6), 'x'));
}

const python = (bytes: Uint8Array) =>
  readPickle(bytes, {
    source: 'x',
    global: (module, name) => (/^(_codecs|__builtin__|builtins)$/.test(module) ? () => name : undefined),
  });

test.each<[string, readonly Uint8Array[], (bytes: Uint8Array) => unknown]>([
  ['pickle', written, python],
  ['PyTorch, old', [oldFile(stateDict(true))], (bytes) => readAll(readPyTorch(bytes, 'x'))],
  ['PyTorch, zip', [archive(few), archive(few, { level: 6 })], (bytes) => readAll(readPyTorch(bytes, 'x'))],
  ['Caffe', [newNet, oldNet], (bytes) => readAll(readCaffe(bytes, 'x'))],
  ['Caffe as a net', [netOf(1)], (bytes) => toNet(readCaffe(bytes, 'x'), [4, 6])],
  ['ONNX as a net', [chain, joins], (bytes) => toNet(readOnnx(bytes, 'x'))],
  ['safetensors', [safetensors], (bytes) => readAll(safetensorsModel(bytes, 'x'))],
  ['face-api', [manifest], readManifest],
  ['the format itself', [newNet, chain, safetensors, archive(few)], (bytes) => formatOf(bytes, 'x')],
])(`%s: of ${count} damaged files each is read or refused in one sentence`, async (_, files, read) => {
  for (const file of files) await read(file);
  const refused = await survives(files, count, read);
  expect(refused).toBeGreaterThan(count / 100);
  expect(refused).toBeLessThan(count);
});
