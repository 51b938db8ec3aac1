import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../src/common/errors.ts';
import { uniform01 } from '../../../../src/engine/core/random.ts';
import { ProtobufWriter } from '../../../../src/normface/models/export/protobuf-message.ts';
import { readOnnx } from '../../../../src/normface/models/formats/onnx.ts';
import { netOfGraph } from '../../../../src/normface/models/graph-net.ts';
import { checkNet } from '../../../../src/normface/nets/check-net.ts';
import { realData } from '../../data/fixtures.ts';
import { runReference } from '../../nets/reference.ts';
import { type BuiltModel, floats, onnx, tensor, whole } from '../onnx-builder.ts';
import { channelsFirst, runOnnx } from '../onnxruntime.ts';

const net = (bytes: Uint8Array, output?: string) => {
  const { graph, tensors } = readOnnx(bytes, 'model.onnx');
  return netOfGraph(graph!, tensors, { name: 'net', source: 'model.onnx', ...(output && { output }) });
};

/** Images [2, height, width, channels] as both take them. */
const images = (shape: readonly [number, number, number]) =>
  Float32Array.from({ length: 2 * shape[0] * shape[1] * shape[2] }, (_, i) => 2 * uniform01(3, 0, i) - 1);

/** The net that is imported computes what onnxruntime makes of the file. */
async function expectSame(bytes: Uint8Array, channelsLast = false) {
  const made = net(bytes);
  checkNet(made.net, 'model.onnx');
  const [height, width, channels] = made.net.input;
  const data = images(made.net.input);
  const shape = [2, height, width, channels] as const;
  const actual = [0, 1].flatMap((i) => {
    const one = Float64Array.from(data.subarray((i * data.length) / 2, ((i + 1) * data.length) / 2));
    const { mean, scale } = made.net.pixels ?? { mean: 0, scale: 1 };
    const scaled = one.map((x) => (x - mean) * scale);
    return [...runReference(made, { shape: [1, ...made.net.input], data: scaled }).data];
  });
  const expected = channelsLast
    ? await runOnnx(bytes, data, shape)
    : await runOnnx(bytes, channelsFirst(data, shape), [2, channels, height, width]);
  const size = Math.max(1, ...expected.map(Math.abs));
  expect(actual).toHaveLength(expected.length);
  expect(Math.max(...actual.map((x, i) => Math.abs(x - expected[i]!))) / size).toBeLessThan(1e-5);
  return made;
}

const convolution = { op: 'Conv', in: ['x', 'w'], out: ['c'], attributes: { pads: [1, 1, 1, 1] } };
const w = floats('w', [4, 3, 3, 3]);
const fc = floats('fc.weight', [64, 5]);
const matMul = (from: string) => [
  { op: 'Flatten', in: [from], out: ['flat'] },
  { op: 'MatMul', in: ['flat', 'fc.weight'], out: ['y'] },
];

describe('graphs as other programs write them', () => {
  test('a product and a sum are one layer; Reshape by computed shapes flattens', async () => {
    const made = await expectSame(
      onnx({
        nodes: [
          convolution,
          { op: 'Add', in: ['c', 'b'], out: ['d'] },
          { op: 'Relu', in: ['d'], out: ['e'] },
          { op: 'Shape', in: ['e'], out: ['shape'] },
          { op: 'Gather', in: ['shape', 'zero'], out: ['n'], attributes: { axis: 0 } },
          { op: 'Unsqueeze', in: ['n', 'axes'], out: ['n1'] },
          { op: 'Concat', in: ['n1', 'rest'], out: ['to'], attributes: { axis: 0 } },
          { op: 'Reshape', in: ['e', 'to'], out: ['flat'] },
          { op: 'MatMul', in: ['flat', 'fc.weight'], out: ['f'] },
          { op: 'Add', in: ['fc.bias', 'f'], out: ['y'] },
        ],
        tensors: [
          w,
          fc,
          floats('b', [4, 1, 1]),
          floats('fc.bias', [5]),
          whole('zero', [0], []),
          whole('axes', [0]),
          whole('rest', [-1]),
        ],
      }),
    );
    expect(made.net.layers.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'conv c',
      'relu e',
      'flatten flat',
      'fullyConnected fc',
    ]);
    expect([...made.values.keys()].sort()).toEqual(['c.bias', 'c.weight', 'fc.bias', 'fc.weight']);
    expect(made.unused).toEqual([]);
  });

  test('channels last at the ends, preprocessing with a scalar, padding by a node of its own', async () => {
    const made = await expectSame(
      onnx({
        inputs: { x: [0, 4, 4, 3] },
        nodes: [
          { op: 'Sub', in: ['x', 'mean'], out: ['s'] },
          { op: 'Div', in: ['s', 'deviation'], out: ['m'] },
          { op: 'Transpose', in: ['m'], out: ['t'], attributes: { perm: [0, 3, 1, 2] } },
          { op: 'Pad', in: ['t', 'pads'], out: ['p'] },
          { op: 'Conv', in: ['p', 'w'], out: ['c'] },
          { op: 'LeakyRelu', in: ['c'], out: ['l'], attributes: { alpha: { float: 0.25 } } },
          { op: 'Transpose', in: ['l'], out: ['u'], attributes: { perm: [0, 2, 3, 1] } },
          ...matMul('u'),
        ],
        tensors: [
          w,
          floats('fc.weight', [48, 5]),
          floats('mean', [], [127.5]),
          floats('deviation', [1], [128]),
          whole('pads', [0, 0, 1, 0, 0, 0, 1, 1]),
        ],
      }),
      true,
    );
    expect(made.net.pixels).toEqual({ mean: 127.5, scale: 1 / 128 });
    expect(made.net.layers[0]).toMatchObject({ kind: 'conv', padding: [1, 1, 0, 1] });
  });

  test('SAME padding and pools that hang over the end', async () => {
    const made = await expectSame(
      onnx({
        inputs: { x: [0, 3, 7, 6] },
        nodes: [
          {
            op: 'Conv',
            in: ['x', 'w'],
            out: ['c'],
            attributes: { auto_pad: 'SAME_UPPER', strides: [2, 1], kernel_shape: [3, 3] },
          },
          {
            op: 'MaxPool',
            in: ['c'],
            out: ['m'],
            attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
          },
          {
            op: 'AveragePool',
            in: ['m'],
            out: ['a'],
            attributes: { kernel_shape: [2, 2], auto_pad: 'SAME_LOWER' },
          },
          { op: 'Flatten', in: ['a'], out: ['y'] },
        ],
        tensors: [w],
      }),
    ).catch((error: Error) => error);
    // The mean with a leading row of padding only has no equal: its windows are padded as much at the end here.
    expect((made as Error).message).toMatch(
      /^model\.onnx: the node "a" \(averagePool, kernel 2×2, .*padding of less than the kernel, as much on opposite sides/,
    );
    const upper = await expectSame(
      onnx({
        inputs: { x: [0, 3, 7, 6] },
        nodes: [
          { op: 'Conv', in: ['x', 'w'], out: ['c'], attributes: { auto_pad: 'SAME_UPPER', strides: [2, 1] } },
          {
            op: 'MaxPool',
            in: ['c'],
            out: ['m'],
            attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
          },
          {
            op: 'AveragePool',
            in: ['m'],
            out: ['a'],
            attributes: { kernel_shape: [2, 2], auto_pad: 'SAME_UPPER', strides: [2, 2] },
          },
          ...matMul('a'),
        ],
        tensors: [w, floats('fc.weight', [8, 5])],
      }),
    );
    expect(upper.net.layers.slice(0, 2)).toMatchObject([{ padding: 1, stride: [2, 1] }, { ceilMode: true }]);
  });

  test('shared inputs meet again: residual, halves in a maximum, squeeze and excitation by convolutions', async () => {
    const made = await expectSame(
      onnx({
        nodes: [
          convolution,
          { op: 'Slice', in: ['c', 'zero', 'two', 'one'], out: ['left'] },
          { op: 'Slice', in: ['c', 'two', 'end', 'one'], out: ['right'] },
          { op: 'Max', in: ['right', 'left'], out: ['m'] },
          { op: 'GlobalAveragePool', in: ['m'], out: ['g'] },
          { op: 'Conv', in: ['g', 'se.0.weight', 'se.0.bias'], out: ['g1'] },
          { op: 'Relu', in: ['g1'], out: ['g2'] },
          { op: 'Conv', in: ['g2', 'se.1.weight'], out: ['g3'] },
          { op: 'Sigmoid', in: ['g3'], out: ['gate'] },
          { op: 'Mul', in: ['gate', 'm'], out: ['n'] },
          { op: 'PRelu', in: ['n', 'slope'], out: ['o'] },
          { op: 'Sum', in: ['n', 'o'], out: ['p'] },
          { op: 'Clip', in: ['p', 'none'], out: ['q'] },
          { op: 'Flatten', in: ['q'], out: ['flat'] },
          {
            op: 'Gemm',
            in: ['flat', 'fc.weight', 'bias'],
            out: ['y'],
            attributes: { alpha: { float: 0.5 }, beta: { float: 2 } },
          },
        ],
        tensors: [
          w,
          floats('fc.weight', [32, 5]),
          floats('bias', [1, 5]),
          floats('slope', [2, 1, 1], [0.1, 0.3]),
          floats('se.0.weight', [1, 2, 1, 1], [0.1, -0.2]),
          floats('se.0.bias', [1], [0.3]),
          floats('se.1.weight', [2, 1, 1, 1], [0.5, -0.5]),
          floats('none', [], [0]),
          whole('zero', [0]),
          whole('two', [2]),
          whole('one', [1]),
          whole('end', [2 ** 62]),
        ],
      }),
    );
    expect(made.net.layers.map(({ kind }) => kind)).toEqual([
      'conv',
      'maxFeatureMap',
      'squeezeExcite',
      'residual',
      'relu',
      'flatten',
      'fullyConnected',
    ]);
    expect(made.unused).toEqual([]);
  });

  test('halves by computed places, with the whole-number division of PyTorch, and part of a shape', async () => {
    const made = await expectSame(
      onnx({
        nodes: [
          convolution,
          { op: 'Shape', in: ['c'], out: ['shape'] },
          { op: 'Gather', in: ['shape', 'one'], out: ['channels'] },
          { op: 'Add', in: ['channels', 'one'], out: ['more'] },
          { op: 'Div', in: ['more', 'two'], out: ['half'] },
          { op: 'Mul', in: ['half', 'two'], out: ['all'] },
          { op: 'Slice', in: ['c', 'zero', 'half', 'one'], out: ['left'] },
          { op: 'Slice', in: ['c', 'half', 'all', 'one'], out: ['right'] },
          { op: 'Max', in: ['left', 'right'], out: ['m'] },
          { op: 'Shape', in: ['m'], out: ['n'], attributes: { start: 0, end: 1 } },
          { op: 'Concat', in: ['n', 'rest'], out: ['to'], attributes: { axis: 0 } },
          { op: 'Reshape', in: ['m', 'to'], out: ['flat'] },
          { op: 'MatMul', in: ['flat', 'fc.weight'], out: ['y'] },
        ],
        tensors: [
          w,
          floats('fc.weight', [32, 5]),
          whole('zero', [0]),
          whole('one', [1]),
          whole('two', [2]),
          whole('rest', [-1]),
        ],
      }),
    );
    expect(made.net.layers.map(({ kind }) => kind)).toEqual([
      'conv',
      'maxFeatureMap',
      'flatten',
      'fullyConnected',
    ]);
  });

  test('constants are divided as what Cast makes them: 3 / 2 is 1 of whole numbers, 1.5 of others', async () => {
    await expectSame(
      onnx({
        nodes: [
          { op: 'Cast', in: ['three'], out: ['f3'], attributes: { to: 1 } },
          { op: 'Cast', in: ['two'], out: ['f2'], attributes: { to: 1 } },
          { op: 'Div', in: ['f3', 'f2'], out: ['half'] },
          { op: 'Cast', in: ['half'], out: ['one'], attributes: { to: 7 } },
          { op: 'Cast', in: ['one'], out: ['f1'], attributes: { to: 1 } },
          { op: 'Conv', in: ['x', 'w'], out: ['c'] },
          { op: 'Mul', in: ['c', 'half'], out: ['d'] },
          { op: 'Add', in: ['d', 'f1'], out: ['e'] },
          { op: 'Cast', in: ['e'], out: ['g'], attributes: { to: 1 } },
          ...matMul('g'),
        ],
        tensors: [w, floats('fc.weight', [16, 5]), whole('three', [3], []), whole('two', [2], [])],
      }),
    );
  });

  test('two nodes of one name keep their own slopes', () => {
    const { values } = net(
      onnx({
        nodes: [
          convolution,
          { op: 'LeakyRelu', name: 'act', in: ['c'], out: ['d'], attributes: { alpha: { float: 0.5 } } },
          { op: 'LeakyRelu', name: 'act', in: ['d'], out: ['e'], attributes: { alpha: { float: 0.125 } } },
          ...matMul('e'),
        ],
        tensors: [w, fc],
      }),
    );
    const slopes = [...values].filter(([name]) => name.endsWith('.slope')).map(([, [slope]]) => slope);
    expect(slopes).toEqual([0.5, 0.125]);
  });

  test('features that are images of one pixel become flat', () => {
    const made = net(
      onnx({
        nodes: [{ op: 'Conv', in: ['x', 'w'], out: ['y'] }],
        tensors: [floats('w', [5, 3, 4, 4])],
      }),
    );
    expect(made.net.layers.map(({ kind }) => kind)).toEqual(['conv', 'flatten']);
  });

  test('alpha and beta scale a product and its bias, which may be one number', async () => {
    await expectSame(
      onnx({
        nodes: [
          { op: 'Flatten', in: ['x'], out: ['flat'] },
          {
            op: 'Gemm',
            in: ['flat', 'm', 'one'],
            out: ['y'],
            attributes: { alpha: { float: 0.5 }, beta: { float: 3 }, transB: 1 },
          },
        ],
        tensors: [floats('m', [5, 48]), floats('one', [1], [2])],
      }),
    );
  });

  test('dilations, groups and SAME_LOWER', async () => {
    await expectSame(
      onnx({
        inputs: { x: [0, 3, 7, 6] },
        nodes: [
          {
            op: 'Conv',
            in: ['x', 'w'],
            out: ['c'],
            attributes: { auto_pad: 'SAME_LOWER', strides: [2, 2] },
          },
          {
            op: 'Conv',
            in: ['c', 'g'],
            out: ['d'],
            attributes: { group: 2, dilations: [2, 1], pads: [1, 1, 2, 0] },
          },
          { op: 'Flatten', in: ['d'], out: ['flat'], attributes: { axis: -3 } },
          { op: 'MatMul', in: ['flat', 'fc.weight'], out: ['y'] },
        ],
        tensors: [w, floats('g', [6, 2, 2, 2]), floats('fc.weight', [90, 5])],
      }),
    );
  });

  test('unit length at the end, as F.normalize is exported, is left out', () => {
    const made = net(
      onnx({
        nodes: [
          ...matMul('x').map((node) => (node.op === 'MatMul' ? { ...node, out: ['f'] } : node)),
          { op: 'ReduceL2', in: ['f'], out: ['r'], attributes: { axes: [-1], keepdims: 1 } },
          { op: 'Clip', in: ['r', 'tiny'], out: ['rc'] },
          { op: 'Shape', in: ['f'], out: ['fs'] },
          { op: 'Expand', in: ['rc', 'fs'], out: ['re'] },
          { op: 'Div', in: ['f', 're'], out: ['unit'] },
          { op: 'Identity', in: ['unit'], out: ['y'] },
        ],
        tensors: [floats('fc.weight', [48, 5]), floats('tiny', [], [1e-12])],
      }),
    );
    expect(made.net.layers.map(({ kind }) => kind)).toEqual(['flatten', 'fullyConnected']);
    expect(made.remarks.join()).toContain('"unit", which gives features unit length, is left out');
    expect(made.unused).toEqual([]);
  });

  test('a head behind the feature may have any operators', () => {
    const bytes = onnx({
      nodes: [
        ...matMul('x'),
        { op: 'Einsum', in: ['y', 'classes'], out: ['scores'], attributes: { equation: 'ij,kj' } },
      ],
      tensors: [floats('fc.weight', [48, 5]), floats('classes', [9, 5])],
      outputs: ['scores'],
    });
    expect(net(bytes, 'y')).toMatchObject({ unused: ['classes'] });
    expect(() => net(bytes)).toThrow(
      /^model\.onnx: the node "scores" \(Einsum, equation ij,kj\) is not supported; what is: convolution/,
    );
    expect(() => net(bytes, 'feature')).toThrow(
      'model.onnx has no value and no node "feature"; it has flat, scores, y',
    );
  });
});

test('numbers of every type and in every field of a tensor', () => {
  const packed = (field: number, type: number, write: (message: ProtobufWriter) => ProtobufWriter) =>
    write(new ProtobufWriter().integers(1, [2]).integer(2, type).text(8, `t${field}_${type}`));
  const doubles = new Uint8Array(Float64Array.of(1.5, -2).buffer);
  const singles = new Uint8Array(Float32Array.of(1.5, -2).buffer);
  const stored: readonly (readonly [ProtobufWriter, readonly number[]])[] = [
    [tensor('raw', [2], Float32Array.of(1.5, -2)), [1.5, -2]],
    [tensor('half', [2], Uint16Array.of(0x3e00, 0xc000)), [1.5, -2]],
    [tensor('double', [2], Float64Array.of(1.5, -2)), [1.5, -2]],
    [tensor('long', [2], BigInt64Array.of(3n, -2n)), [3, -2]],
    [packed(4, 1, (message) => message.bytes(4, singles)), [1.5, -2]],
    [packed(4, 1, (message) => message.float(4, 1.5).float(4, -2)), [1.5, -2]],
    [packed(10, 11, (message) => message.bytes(10, doubles)), [1.5, -2]],
    [packed(7, 7, (message) => message.integers(7, [3, -2])), [3, -2]],
    [packed(5, 10, (message) => message.integers(5, [0x3e00, 0xc000])), [1.5, -2]],
    [packed(5, 6, (message) => message.integer(5, 3).integer(5, -2)), [3, -2]],
    [packed(9, 3, (message) => message.bytes(9, Uint8Array.of(3, 254))), [3, -2]],
    [packed(9, 16, (message) => message.bytes(9, Uint8Array.of(0xc0, 0x3f, 0, 0xc0))), [1.5, -2]],
    [packed(5, 16, (message) => message.integers(5, [0x3fc0, 0xc000])), [1.5, -2]],
    [packed(11, 12, (message) => message.integers(11, [3, 2 ** 31])), [3, 2 ** 31]],
    [packed(11, 13, (message) => message.integers(11, [3, 2 ** 40])), [3, 2 ** 40]],
    // Empty raw bytes beside the field that holds the numbers.
    [packed(8, 1, (message) => message.bytes(9, new Uint8Array()).bytes(4, singles)), [1.5, -2]],
  ];
  for (const [message, values] of stored) {
    const { tensors } = readOnnx(onnx({ nodes: [], tensors: [message], outputs: [] }), 'model.onnx');
    expect([...tensors[0]!.values()]).toEqual(values);
  }
});

describe('what cannot be is said in one sentence', () => {
  const relu = { op: 'Relu', in: ['x'], out: ['y'] };
  const refused: Record<string, readonly [BuiltModel, RegExp]> = {
    'a missing tensor': [
      { nodes: [{ op: 'Conv', in: ['x', 'w'], out: ['y'] }] },
      /^model\.onnx: the node "y" \(Conv\): it reads "w", which is no tensor of the file/,
    ],
    'a cycle': [
      {
        nodes: [
          { op: 'Add', in: ['x', 'z'], out: ['y'] },
          { op: 'Relu', in: ['y'], out: ['z'] },
        ],
      },
      /it reads "z", which only a later node gives: nodes are out of order, or form a cycle/,
    ],
    'slopes of each sample': [
      { nodes: [{ op: 'PRelu', in: ['x', 's'], out: ['y'] }], tensors: [floats('s', [3, 1, 1, 1])] },
      /the node "y" \(PRelu\): slopes of the shape \[3, 1, 1, 1\] are not one of each channel/,
    ],
    'images as whole numbers': [
      { nodes: [{ op: 'Cast', in: ['x'], out: ['y'], attributes: { to: 7 } }] },
      /the node "y" \(Cast\): of images it is supported to numbers with a fraction/,
    ],
    'padding that does not say how much': [
      { nodes: [{ op: 'Pad', in: ['x'], out: ['y'], attributes: { paddings: [0, 0, 1, 1, 0, 0, 1, 1] } }] },
      /the node "y" \(Pad\): its pads are missing/,
    ],
    'a mean of rows': [
      {
        nodes: [
          { op: 'Squeeze', in: ['x'], out: ['s'], attributes: { axes: [2] } },
          { op: 'GlobalAveragePool', in: ['s'], out: ['y'] },
        ],
        inputs: { x: [0, 3, 1, 4] },
        opset: 11,
      },
      /the node "y" \(GlobalAveragePool\): its input has 3 dimensions: only images of two dimensions are supported/,
    ],
    'an output that nothing gives': [{ nodes: [relu], outputs: ['z'] }, /no node gives the output "z"/],
    'a value given twice': [
      { nodes: [relu, relu] },
      /the node "y" \(Relu\): it gives "y", which is there already/,
    ],
    'numbers that are missing': [
      { nodes: [relu], tensors: [tensor('w', [4, 3, 3, 3], new Float32Array(107))] },
      /^model\.onnx: the tensor "w" \[4, 3, 3, 3\] of float32 holds 107 numbers instead of 108/,
    ],
    'a shape of billions': [
      { nodes: [relu], tensors: [tensor('w', [2 ** 40, 2 ** 40], new Float32Array(4))] },
      /the tensor "w" has the impossible shape \[1099511627776, 1099511627776\]/,
    ],
    'a negative shape': [
      { nodes: [relu], tensors: [tensor('w', [-4, -1], new Float32Array(4))] },
      /the tensor "w" has the impossible shape \[-4, -1\]/,
    ],
    'data in another file': [
      {
        nodes: [relu],
        tensors: [
          new ProtobufWriter()
            .integers(1, [4])
            .integer(2, 1)
            .text(8, 'w')
            .message(13, new ProtobufWriter().text(1, 'location').text(2, 'weights.bin'))
            .integer(14, 1),
        ],
      },
      /^model\.onnx: the tensor "w" keeps its numbers in another file \("weights\.bin"\); save the model/,
    ],
    'a type of number that nets do not have': [
      { nodes: [relu], tensors: [new ProtobufWriter().integers(1, [1]).integer(2, 8).text(8, 'w')] },
      /the tensor "w" has the data type 8, which is not supported/,
    ],
    'a quantised model': [
      { nodes: [{ op: 'QuantizeLinear', in: ['x', 's'], out: ['y'] }], tensors: [floats('s', [])] },
      /\(QuantizeLinear\): the model is quantised, which is not supported; export it with float32 numbers/,
    ],
    'a value that does not meet again': [
      {
        nodes: [
          convolution,
          { op: 'Relu', in: ['c'], out: ['a'] },
          { op: 'Sigmoid', in: ['c'], out: ['b'] },
          { op: 'Add', in: ['a', 'b'], out: ['d'] },
          { op: 'Concat', in: ['d', 'a'], out: ['y'], attributes: { axis: 1 } },
        ],
        tensors: [w],
      },
      /what the node "\w" gives is used in several places that do not meet again/,
    ],
    'a gate that is none': [
      {
        nodes: [
          { op: 'Sigmoid', in: ['x'], out: ['s'] },
          { op: 'Mul', in: ['x', 's'], out: ['y'] },
        ],
      },
      /the node "y" \(multiply\): the product with σ\(W₂ δ\(W₁ mean\)\)/,
    ],
    'weights that do not fit': [
      { nodes: [convolution, ...matMul('c')], tensors: [floats('w', [4, 2, 3, 3]), fc] },
      /the node "c" \(conv, kernel 3×3, .*\): its weights "w" are \[4, 2, 3, 3\], its input has 3 channels/,
    ],
    'a norm of other channels': [
      {
        nodes: [{ op: 'BatchNormalization', in: ['x', 'g', 'g', 'g', 'g'], out: ['y'] }],
        tensors: [floats('g', [4])],
      },
      /the node "y" takes the tensor "g" of 4 numbers, but has 3 channels/,
    ],
    'a transposition that does not cancel': [
      { nodes: [{ op: 'Transpose', in: ['x'], out: ['y'], attributes: { perm: [0, 3, 2, 1] } }] },
      /perm \[0, 3, 2, 1\] is supported where channels become last/,
    ],
    'two inputs': [
      {
        nodes: [{ op: 'Add', in: ['x', 'z'], out: ['y'] }],
        inputs: { x: [0, 3, 4, 4], z: [0, 3, 4, 4] },
      },
      /"y" follows from several inputs \(x, z\)/,
    ],
    'several outputs': [
      { nodes: [relu, { op: 'Sigmoid', in: ['y'], out: ['z'] }], outputs: ['y', 'z'] },
      /model\.onnx has several outputs \(y, z\); say which of them is the feature/,
    ],
    'an operator of somebody else': [
      { nodes: [{ ...relu, domain: 'com.microsoft', op: 'FusedConv' }] },
      /the node "y" \(com\.microsoft\.FusedConv\) is not supported; what is/,
    ],
    'constants that follow from constants without end': [
      {
        nodes: [
          ...Array.from({ length: 300 }, (_, i) => ({
            op: 'Add',
            in: [`c${i}`, `c${i}`],
            out: [`c${i + 1}`],
          })),
          { op: 'Mul', in: ['x', 'c300'], out: ['y'] },
        ],
        tensors: [floats('c0', [1])],
      },
      /the node "c257" \(Add\): it is computed from constants by more than 256 operations/,
    ],
    'images of no size': [
      { nodes: [relu], inputs: { x: [0, 3, 0, 0] } },
      /model\.onnx does not say how large its images are/,
    ],
  };

  test.each(Object.entries(refused))('%s', (_, [model, message]) => {
    expect(() => net(onnx(model))).toThrow(message);
    expect(() => net(onnx(model))).toThrow(UserError);
  });

  test('no model at all', () => {
    expect(() => readOnnx(new Uint8Array(), 'm')).toThrow('m is not a usable ONNX model: it holds no graph');
    const unversioned = new ProtobufWriter().message(7, new ProtobufWriter()).finish();
    expect(() => readOnnx(unversioned, 'm')).toThrow(/it does not say which version of the operators/);
    expect(() => readOnnx(Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x07, 1), 'm')).toThrow(
      /^m is damaged or of another format: at byte 0, field 7 has 2147483647 bytes, but 1 are left/,
    );
  });
});

test('MNIST-12 of the model zoo computes what onnxruntime does', async ({ skip }) => {
  const file = realData('interop/onnx/mnist-12.onnx');
  if (!file) return skip('the models are not there: put them into ../shared/data or name NORMFACE_DATA');
  const bytes = readFileSync(file);
  const made = net(bytes);
  expect(made.net.input).toEqual([28, 28, 1]);
  expect(made.net.layers.map(({ kind }) => kind)).toEqual([
    'conv',
    'relu',
    'maxPool',
    'conv',
    'relu',
    'maxPool',
    'flatten',
    'fullyConnected',
  ]);
  expect(made.unused).toEqual([]);
  const image = Float32Array.from({ length: 784 }, (_, i) => 255 * uniform01(1, 0, i));
  const expected = await runOnnx(bytes, image, [1, 1, 28, 28]);
  const actual = runReference(made, { shape: [1, 28, 28, 1], data: Float64Array.from(image) }).data;
  const size = Math.max(...expected.map(Math.abs));
  expect(Math.max(...expected.map((score, i) => Math.abs(actual[i]! - score))) / size).toBeLessThan(1e-5);
});
