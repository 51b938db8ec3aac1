/** Operators that are layers: convolutions, products with matrices, norms, activations, pools. */

import { isPerChannel } from './arithmetic.ts';
import { type Constant, combined, listed, sizeOf } from './constant.ts';
import type { OnnxNode } from './model.ts';
import type { Operator, Translation, ValueSlot } from './translation.ts';
import { windowOf } from './window.ts';

const conv: Operator = (t, node) => {
  const x = t.rawValue(node, 0);
  if (x.channelsLast) t.plain(node, x);
  const weight = t.weight(node, 1);
  const bias = t.constant(node, 2);
  if (weight.shape.length !== 4)
    t.fail(node, `its weights are [${weight.shape.join(', ')}]: only images of two dimensions are supported`);
  const groups = node.attributes.get('group')?.int ?? 1;
  if (!(Number.isInteger(groups) && groups >= 1)) t.fail(node, `group is ${groups}`);
  const window = windowOf(t, node, x, weight.shape.slice(2));
  t.emit(
    node,
    {
      kind: 'conv',
      ...window,
      groups,
      weight: t.tensor(weight),
      ...(bias && { bias: t.tensor(bias, [sizeOf(bias.shape)]) }),
    },
    [x],
    { rank: 4, channels: weight.shape[0] },
  );
};

/** A matrix with its transposition, and what multiplies it. */
const gemm: Operator = (t, node) => {
  const x = t.value(node, 0);
  const number = (name: string, preset: number): number => node.attributes.get(name)?.float ?? preset;
  const flag = (name: string): boolean => (node.attributes.get(name)?.int ?? 0) !== 0;
  if (flag('transA')) t.fail(node, 'transA is not supported');
  const weight = scaled(t.weight(node, 1), number('alpha', 1));
  const bias = t.constant(node, 2);
  product(t, node, x, weight, !flag('transB'), bias && scaled(bias, number('beta', 1)));
};

function scaled(constant: Constant, factor: number): Constant {
  if (factor === 1) return constant;
  const by = listed('', [factor], { shape: [], isInteger: false });
  return combined(constant, by, `${constant.name}·${factor}`, (x, y) => x * y) ?? constant;
}

const matMul: Operator = (t, node) => {
  const slot = t.input(node, 0);
  if (slot?.kind === 'constant') t.fail(node, 'a product with the matrix first is not supported');
  product(t, node, t.value(node, 0), t.weight(node, 1), true);
};

function product(
  t: Translation,
  node: OnnxNode,
  x: ValueSlot,
  weight: Constant,
  isTransposed: boolean,
  bias?: Constant,
): void {
  const [rows, columns, ...others] = weight.shape;
  if (rows === undefined || columns === undefined || others.length > 0)
    t.fail(node, `its weights are [${weight.shape.join(', ')}], not a matrix`);
  if (x.rank === 4) t.fail(node, 'its input is not flat');
  const outputs = isTransposed ? columns : rows;
  t.emit(
    node,
    {
      kind: 'fullyConnected',
      weight: t.tensor(weight),
      transposed: isTransposed,
      ...(bias && { bias: t.tensor(bias, [sizeOf(bias.shape)]) }),
    },
    [x],
    { rank: 2, channels: outputs },
  );
}

const batchNormalization: Operator = (t, node) => {
  const x = t.value(node, 0);
  if ((node.attributes.get('training_mode')?.int ?? 0) !== 0 || node.attributes.get('spatial')?.int === 0)
    t.fail(node, 'only running statistics, one of each channel, are supported');
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((i) => t.tensor(t.weight(node, i)));
  t.emit(
    node,
    {
      kind: 'batchNorm',
      gamma,
      beta,
      mean: mean!,
      variance: variance!,
      epsilon: node.attributes.get('epsilon')?.float ?? 1e-5,
    },
    [x],
    x,
  );
};

/** Slopes have a shape that broadcasts to the input; before version 7 one number a channel. */
const pRelu: Operator = (t, node) => {
  const x = t.value(node, 0);
  const slope = t.weight(node, 1);
  const size = sizeOf(slope.shape);
  const isOld = t.opset < 7 && slope.shape.length === 1;
  if (size !== 1 && !isOld && !isPerChannel(node, slope.shape, x))
    t.fail(node, `slopes of the shape [${slope.shape.join(', ')}] are not one of each channel`);
  t.emit(node, { kind: 'prelu', slope: t.tensor(slope, [size]) }, [x], x);
};

const leakyRelu: Operator = (t, node) => {
  const x = t.value(node, 0);
  const slope = node.attributes.get('alpha')?.float ?? 0.01;
  // Outputs have names of their own, nodes need not.
  const constant = listed(`${node.outputs[0]}:slope`, [slope], { isInteger: false });
  t.emit(node, { kind: 'prelu', slope: t.tensor(constant) }, [x], x);
};

const activation =
  (kind: 'relu' | 'sigmoid'): Operator =>
  (t, node) => {
    const x = t.value(node, 0);
    t.emit(node, { kind }, [x], x);
  };

/** Over the channels of each sample. */
const overChannels =
  (kind: 'softmax' | 'l2Normalise'): Operator =>
  (t, node) => {
    const x = t.value(node, 0);
    const axis = node.attributes.get('axis')?.int ?? (kind === 'softmax' && t.opset < 13 ? 1 : -1);
    if (axis !== 1 && !(axis === -1 && x.rank === 2))
      t.fail(node, `axis ${axis} is not that of the channels`);
    if (kind === 'l2Normalise' && (node.attributes.get('p')?.int ?? 2) !== 2)
      t.fail(node, 'only p = 2 is supported');
    t.emit(node, { kind }, [x], x);
  };

const pool =
  (kind: 'maxPool' | 'averagePool'): Operator =>
  (t, node) => {
    const x = t.rawValue(node, 0);
    if (x.channelsLast) t.plain(node, x);
    const countsPadding = (node.attributes.get('count_include_pad')?.int ?? 0) !== 0;
    const { dilation, ...window } = windowOf(t, node, x);
    if (dilation.some((step) => step !== 1))
      t.fail(node, `dilations ${dilation.join(', ')} are not supported`);
    const ceilMode = (node.attributes.get('ceil_mode')?.int ?? 0) !== 0;
    // Zeros that another node put there count in a mean, those of the pool itself only if it says so.
    const hasOwn = (node.attributes.get('pads')?.ints ?? []).some((side) => side > 0);
    if (x.zeros && (kind === 'maxPool' || (hasOwn && !countsPadding))) t.plain(node, x);
    const operation =
      kind === 'maxPool'
        ? { kind, ...window, ceilMode }
        : { kind, ...window, ceilMode, countPadding: countsPadding || x.zeros !== undefined };
    t.emit(node, operation, [x], { rank: 4, channels: x.channels });
  };

const globalAveragePool: Operator = (t, node) => {
  const x = t.value(node, 0);
  if (x.rank !== undefined && x.rank !== 4)
    t.fail(node, `its input has ${x.rank} dimensions: only images of two dimensions are supported`);
  t.emit(node, { kind: 'globalAveragePool' }, [x], { rank: 4, channels: x.channels });
};

/** The mean of rows and columns is that of a pool. */
const reduceMean: Operator = (t, node) => {
  const x = t.value(node, 0);
  const axes = (t.wholeNumbers(node, 'axes', 1) ?? []).map((axis) => (axis < 0 ? axis + 4 : axis)).sort();
  if (x.rank !== 4 || axes.join() !== '2,3')
    t.fail(node, 'the mean over rows and columns of images is supported');
  const keeps = (node.attributes.get('keepdims')?.int ?? 1) !== 0;
  t.emit(node, { kind: 'globalAveragePool' }, [x], { rank: keeps ? 4 : 2, channels: x.channels });
};

export const layers = {
  Conv: conv,
  Gemm: gemm,
  MatMul: matMul,
  BatchNormalization: batchNormalization,
  PRelu: pRelu,
  LeakyRelu: leakyRelu,
  Relu: activation('relu'),
  Sigmoid: activation('sigmoid'),
  Softmax: overChannels('softmax'),
  LpNormalization: overChannels('l2Normalise'),
  MaxPool: pool('maxPool'),
  AveragePool: pool('averagePool'),
  GlobalAveragePool: globalAveragePool,
  ReduceMean: reduceMean,
};
