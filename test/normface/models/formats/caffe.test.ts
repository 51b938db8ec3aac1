import fs from 'node:fs';
import { expect, test } from 'vitest';
import { UserError } from '../../../../src/common/errors.ts';
import { readCaffe } from '../../../../src/normface/models/formats/caffe.ts';
import type { Operation } from '../../../../src/normface/models/model-file.ts';
import { realData } from '../../data/fixtures.ts';
import { blob, type Fields, Float, message, newNet, oldBlob, oldNet, packed, ramp } from './caffe-writer.ts';

const read = (bytes: Uint8Array) => readCaffe(bytes, 'x');

test('layers, settings and numbers of a net', () => {
  const { tensors, graph, metadata } = read(newNet);
  expect(metadata).toEqual({
    name: 'tiny',
    mean: '127.5',
    scale: '0.0078125',
    leftOut: 'loss (SoftmaxWithLoss)',
  });
  expect(graph!.inputs).toEqual([{ name: 'data', shape: [2, 0, 0] }]);
  expect(graph!.outputs).toEqual(['fc']);
  const window = { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0], ceilMode: true };
  expect(graph!.nodes.map(({ operation }) => operation)).toEqual([
    {
      kind: 'conv',
      kernel: [3, 3],
      stride: [1, 1],
      padding: [1, 1, 1, 1],
      dilation: [1, 1],
      groups: 1,
      weight: 'conv1.weight',
      bias: 'conv1.bias',
    },
    { kind: 'batchNorm', mean: 'bn1.running_mean', variance: 'bn1.running_var', epsilon: Math.fround(0.001) },
    { kind: 'affine', scale: 'scale1.weight', shift: 'scale1.bias' },
    { kind: 'prelu', slope: 'relu1.weight' },
    { kind: 'maxPool', ...window },
    { kind: 'channels', begin: 0, end: 2 },
    { kind: 'channels', begin: 2, end: 4 },
    { kind: 'maximum' },
    { kind: 'fullyConnected', weight: 'fc.weight', transposed: false, bias: 'fc.bias' },
  ]);
  // Statistics are sums, and the third blob is what they are to be divided by.
  const values = (name: string) => [...tensors.find((tensor) => tensor.name === name)!.values()];
  expect(values('bn1.running_mean')).toEqual([1, 2, 3, 4]);
  expect(values('bn1.running_var')).toEqual([4, 4, 4, 4]);
  expect(values('conv1.weight')).toEqual([...Float32Array.from(ramp(72))]);
});

test('layers that write into their input give values of their own', () => {
  const { nodes } = read(newNet).graph!;
  expect(nodes.slice(0, 5).map(({ inputs, output }) => [...inputs, output])).toEqual([
    ['data', 'conv1'],
    ['conv1', 'conv1 (bn1)'],
    ['conv1 (bn1)', 'conv1 (scale1)'],
    ['conv1 (scale1)', 'conv1 (relu1)'],
    ['conv1 (relu1)', 'pool1'],
  ]);
});

test('a net in the words of 2013', () => {
  const { tensors, graph } = read(oldNet);
  expect(graph!.inputs).toEqual([{ name: 'data', shape: [1, 4, 4] }]);
  expect(graph!.nodes.map(({ operation: { kind } }) => kind)).toEqual(['conv', 'relu', 'fullyConnected']);
  expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([
    ['conv.weight', [2, 1, 3, 3]],
    ['conv.bias', [2]],
    ['fc.weight', [3, 8]],
    ['fc.bias', [3]],
  ]);
});

/** The operation of a single layer behind a convolution of 4 channels. */
function operation(type: string, fields: Fields): Operation {
  const convolution = {
    1: 'conv',
    2: 'Convolution',
    3: 'data',
    4: 'conv',
    7: blob([4, 1, 1, 1], ramp(4)),
    106: message({ 1: 4, 4: 1 }),
  };
  const layer = message({ 1: 'layer', 2: type, 3: 'conv', 4: 'top', ...fields });
  return read(message({ 100: [message(convolution), layer] })).graph!.nodes[1]!.operation;
}

test('settings of each type', () => {
  const pool = { kernel: [3, 2], stride: [2, 1], padding: [1, 1, 0, 0] };
  const separate = message({ 1: 1, 5: 3, 6: 2, 7: 2, 8: 1, 9: 1, 10: 0, 13: 1 });
  expect(operation('Pooling', { 121: separate })).toEqual({
    kind: 'averagePool',
    ...pool,
    ceilMode: false,
    countPadding: true,
  });
  expect(operation('Pooling', { 121: message({ 1: 1, 12: 1 }) })).toEqual({ kind: 'globalAveragePool' });
  expect(operation('Eltwise', {})).toEqual({ kind: 'add' });
  expect(operation('Eltwise', { 110: message({ 1: 0 }) })).toEqual({ kind: 'multiply' });
  expect(operation('Concat', {})).toEqual({ kind: 'concatenate' });
  expect(operation('Softmax', {})).toEqual({ kind: 'softmax' });
  expect(operation('Sigmoid', {})).toEqual({ kind: 'sigmoid' });
  expect(operation('Flatten', {})).toEqual({ kind: 'flatten' });
  expect(operation('Normalize', {})).toEqual({ kind: 'l2Normalise' });
  expect(operation('Power', { 122: message({ 2: new Float(0.5), 3: new Float(-1) }) })).toEqual({
    kind: 'linear',
    scale: 0.5,
    shift: -1,
  });
  expect(operation('Reshape', { 133: message({ 1: message({ 1: packed([0, 2, -1]) }) }) })).toEqual({
    kind: 'reshape',
    shape: [2, -1],
  });
  expect(operation('ReLU', { 123: message({ 1: new Float(0.25) }) })).toEqual({
    kind: 'prelu',
    slope: 'layer.slope',
  });
  const grouped = message({ 1: 4, 4: [3, 1], 5: 4, 3: [1, 0], 18: 2, 2: 0 });
  expect(operation('Convolution', { 7: blob([4, 1, 3, 1], ramp(12)), 106: grouped })).toEqual({
    kind: 'conv',
    kernel: [3, 1],
    stride: [1, 1],
    padding: [1, 1, 0, 0],
    dilation: [2, 2],
    groups: 4,
    weight: 'layer.weight',
  });
});

test.each<[string, Fields, string]>([
  ['LRN', { 118: message({ 1: 5, 2: new Float(0.5) }) }, 'local_size 5, alpha 0.5'],
  ['Pooling', { 121: message({ 1: 2, 2: 3 }) }, 'pool 2, kernel_size 3; stochastic pooling'],
  ['Eltwise', { 110: message({ 2: [new Float(1), new Float(-1)] }) }, 'factors other than 1'],
  ['Slice', { 4: ['a', 'b', 'c'] }, '4 channels in 3 equal parts'],
  ['Softmax', { 125: message({ 2: 2 }) }, 'axis 2; an axis other than 1'],
  [
    'Convolution',
    { 7: blob([4, 1, 3, 1], ramp(12)), 106: message({ 1: 4, 4: 3 }) },
    'num_output 4, kernel_size 3; its weights are [4, 1, 3, 1], its settings 4 outputs of 3×3',
  ],
])('%s that no layer stands for is a node that says so', (type, fields, settings) => {
  expect(operation(type, fields)).toEqual({ kind: 'unsupported', type, settings });
});

test.each([
  ['nothing', new Uint8Array(0), /^x is no net of Caffe's: it has no layers with weights$/],
  ['a text', new TextEncoder().encode('name: "LeNet"\nlayer {'), /is the text of a net \(\.prototxt\)/],
  [
    'a file that ends within a layer',
    newNet.subarray(0, 300),
    /^x is damaged or of another format: at byte \d+, field \d+ has \d+ bytes, but \d+ are left$/,
  ],
  [
    'a length of gigabytes',
    Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f),
    /at byte 0, field 1 has 4294967295 bytes, but 0 are left/,
  ],
  ['groups within groups', new Uint8Array(100_000).fill(0x0b), /at byte 0, field 1 is a group/],
  [
    'a blob of another length',
    message({ 100: message({ 1: 'a', 2: 'PReLU', 7: blob([4], [1]) }) }),
    /^x: blob 0 of "a" is \[4\], but the file has 1 numbers of it$/,
  ],
  [
    'a shape of billions',
    message({ 100: message({ 1: 'a', 2: 'PReLU', 7: blob([2 ** 31, 2 ** 31], [1]) }) }),
    /is \[2147483648, 2147483648\], but the file has 1/,
  ],
  [
    'an old blob of negative extents',
    message({ 2: message({ 4: 'a', 5: 14, 6: oldBlob([-1, -1, 1, 1], [1]) }) }),
    /is \[-1, -1, 1, 1\]/,
  ],
  [
    'two layers of a name',
    message({ 100: [1, 2].map(() => message({ 1: 'a', 2: 'PReLU', 3: 'b', 4: 'b', 7: blob([1], [1]) })) }),
    /two layers are called "a"/,
  ],
])('%s is refused', (_, bytes, reason) => {
  expect(() => read(bytes)).toThrow(UserError);
  expect(() => read(bytes)).toThrow(reason);
});

test("the NormFace author's LeNet: its feature, the classes' weights, and what only its training has", ({
  skip,
}) => {
  const file = realData('interop/caffe/lenet_iter_20000.caffemodel');
  if (!file) return skip();
  const { tensors, graph, metadata } = readCaffe(fs.readFileSync(file), 'lenet');
  expect(metadata).toMatchObject({ name: 'LeNet++', mean: '128', scale: '0.0078125' });
  expect(graph!.inputs[0]).toEqual({ name: 'data', shape: [1, 0, 0] });
  expect(tensors.find(({ name }) => name === 'id_weight.weight')!.shape).toEqual([10, 2]);
  expect(
    graph!.nodes.filter(({ inputs }) => inputs.length > 0).map(({ operation }) => operation.kind),
  ).toEqual([
    'conv',
    'maxPool',
    'prelu',
    'conv',
    'maxPool',
    'prelu',
    'fullyConnected',
    'prelu',
    'fullyConnected',
    'fullyConnected',
    'unsupported',
    'affine',
  ]);
});
