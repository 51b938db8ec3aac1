/**
 * Work that is no operator of the graph, declared like one so that its kernels can be inspected as well: optimisers, the choice of
 * classes, the traps of the debug mode, the count of pairs, the probes of the roofline.
 */

import {
  defineOperator,
  type Operator,
  type ReferenceArray,
  referenceArray,
} from '../../engine/core/operator.ts';
import { Parameters } from '../../engine/core/parameters.ts';
import { elementCount } from '../../engine/core/shape.ts';
import type { Tensor } from '../../engine/core/tensor.ts';
import { accumulate } from '../../engine/ops/elementwise/accumulate.ts';
import { scale } from '../../engine/ops/elementwise/scale.ts';
import { countPairs, halfKeys } from '../../engine/ops/pairs/count_pairs.ts';
import { Adam } from '../../engine/optim/adam.ts';
import type { Optimiser, OptimiserOptions } from '../../engine/optim/optimiser.ts';
import { RowSubset } from '../../engine/optim/row_subset.ts';
import { SGD } from '../../engine/optim/sgd.ts';
import { clear } from '../../engine/runtime/debug-trap.ts';
import { checkFinite } from '../../engine/runtime/finite.ts';
import { checkLabelRange } from '../../engine/runtime/labels.ts';
import { raiseToLargest } from '../../engine/runtime/magnitude.ts';
import { runtimeOf } from '../../engine/runtime/runtime.ts';
import { copy, flopsOfStep, multiplyAdds } from '../timing/roofline.ts';
import { held, onDispose } from './cleanup.ts';

const learningRate = 0.1;

/** The parameter after one step of an optimiser from rest, given its values and gradient. */
function stepOf(make: (parameters: Parameters) => Optimiser): (inputs: readonly Tensor[]) => Tensor {
  return ([values, gradient]) => {
    const { device, shape } = values!;
    const parameters = new Parameters(device, [{ name: 'w', shape, init: new Float32Array(values!.size) }]);
    const optimiser = make(parameters);
    onDispose(() => {
      optimiser.dispose();
      parameters.dispose();
    });
    const parameter = parameters.get('w');
    accumulate(parameter, values!, false);
    scale(parameter, 1).backward(gradient!);
    optimiser.step();
    const result = device.empty(shape);
    accumulate(result, parameter, false);
    return result;
  };
}

/** Factor that clips a gradient to a norm. */
function clipFactor({ data }: ReferenceArray, clipNorm = Number.POSITIVE_INFINITY): number {
  return Math.min(1, clipNorm / Math.sqrt(data.reduce((sum, value) => sum + value * value, 0)));
}

type StepAttributes = Omit<OptimiserOptions, 'learningRate'>;

const stepInputs = (shape: readonly number[]) => [
  { shape, differentiable: false },
  { shape, differentiable: false },
];

const sgdOperator = defineOperator<StepAttributes>({
  name: 'sgd',
  stateful: true,
  apply: (inputs, attributes) =>
    stepOf((parameters) => new SGD(parameters, { learningRate, ...attributes }))(inputs),
  reference: ([w, g], { weightDecay = 0, clipNorm }) => {
    const factor = clipFactor(g!, clipNorm);
    return referenceArray(
      w!.shape,
      (i) => w!.data[i]! - learningRate * (factor * g!.data[i]! + weightDecay * w!.data[i]!),
    );
  },
  cost: ([w]) => ({ flops: 6 * elementCount(w!), bytes: 20 * elementCount(w!) }),
  cases: [
    { inputs: stepInputs([1000]), attributes: { weightDecay: 0.01 } },
    { inputs: stepInputs([3, 77]), attributes: { weightDecay: 0.01, clipNorm: 2 } },
  ],
  misuses: [],
});

const adamOperator = defineOperator<StepAttributes & { readonly decoupledDecay?: boolean }>({
  name: 'adam',
  stateful: true,
  apply: (inputs, attributes) =>
    stepOf((parameters) => new Adam(parameters, { learningRate, ...attributes }))(inputs),
  // After one step from rest both moments, corrected, are the gradient and its square.
  reference: ([w, g], { weightDecay = 0, clipNorm, decoupledDecay = false }) => {
    const factor = clipFactor(g!, clipNorm);
    return referenceArray(w!.shape, (i) => {
      const value = w!.data[i]!;
      const gradient = factor * g!.data[i]! + (decoupledDecay ? 0 : weightDecay * value);
      const direction = gradient / (Math.abs(gradient) + 1e-8) + (decoupledDecay ? weightDecay * value : 0);
      return value - learningRate * direction;
    });
  },
  cost: ([w]) => ({ flops: 14 * elementCount(w!), bytes: 28 * elementCount(w!) }),
  cases: [
    { inputs: stepInputs([1000]), attributes: { weightDecay: 0.01 } },
    { inputs: stepInputs([3, 77]), attributes: { weightDecay: 0.01, decoupledDecay: true, clipNorm: 2 } },
  ],
  misuses: [],
});

/** The rows of a large parameter that are trained, after they were copied out of it and back. */
const rowSubsetOperator = defineOperator<{ readonly rows: number }>({
  name: 'row_subset',
  apply: ([values], { rows }) => {
    const { device, shape } = values!;
    const chosenShape = [rows, ...shape.slice(1)];
    const parameters = new Parameters(device, [
      { name: 'all', shape, init: new Float32Array(values!.size), frozen: true },
      {
        name: 'chosen',
        shape: chosenShape,
        init: new Float32Array(elementCount(chosenShape)),
        transient: true,
      },
    ]);
    const optimiser = new SGD(parameters, { learningRate });
    onDispose(() => {
      optimiser.dispose();
      parameters.dispose();
    });
    const numbers = Array.from({ length: rows }, (_, i) => shape[0]! - 1 - i);
    const subset = new RowSubset(parameters, optimiser, {
      all: 'all',
      chosen: 'chosen',
      rows: held(device, numbers, [rows]),
      count: held(device, [rows], [1]),
    });
    accumulate(parameters.get('all'), values!, false);
    subset.gather();
    const result = device.empty(chosenShape);
    accumulate(result, parameters.get('chosen'), false);
    subset.scatter();
    return result;
  },
  reference: ([values], { rows }) => {
    const [count, ...rest] = values!.shape as [number, ...number[]];
    const columns = elementCount(rest);
    return referenceArray(
      [rows, ...rest],
      (i) => values!.data[(count - 1 - Math.floor(i / columns)) * columns + (i % columns)]!,
    );
  },
  cost: ([values], { rows }) => ({ flops: 0, bytes: (8 * elementCount(values!) * rows) / values![0]! }),
  cases: [{ inputs: [{ shape: [100, 16], differentiable: false }], attributes: { rows: 7 } }],
  misuses: [],
});

/** 0xffffffff where all is finite, else 7. */
const checkFiniteOperator = defineOperator({
  name: 'check_finite',
  apply: ([x]) => {
    const { device } = x!;
    const flag = held(device, [clear], [1]);
    checkFinite(device, x!, held(device, [7], [1]), flag);
    return flag;
  },
  reference: ([x]) => referenceArray([1], () => (x!.data.every(Number.isFinite) ? clear : 7)),
  cost: ([x]) => ({ flops: 0, bytes: 4 * elementCount(x!) }),
  cases: [{ inputs: [{ shape: [1003], differentiable: false }], attributes: {} }],
  misuses: [],
});

/** The bits of the largest magnitude. */
const largestMagnitudeOperator = defineOperator({
  name: 'largest_magnitude',
  apply: ([x]) => {
    const largest = held(x!.device, [0], [1]);
    raiseToLargest(x!, largest);
    return largest;
  },
  reference: ([x]) => {
    const largest = Float32Array.of(Math.max(...Array.from(x!.data, Math.abs)));
    return referenceArray([1], () => new Uint32Array(largest.buffer)[0]!);
  },
  cost: ([x]) => ({ flops: 0, bytes: 4 * elementCount(x!) }),
  cases: [{ inputs: [{ shape: [1003], differentiable: false }], attributes: {} }],
  misuses: [],
});

/** 7, the largest label outside the classes and their number; or 0xffffffff and zeros. */
const checkLabelsOperator = defineOperator<{ classes: number }>({
  name: 'check_labels',
  apply: ([labels], { classes }) => {
    const { device } = labels!;
    const finding = held(device, [clear, 0, 0], [3]);
    checkLabelRange(labels!, { classes }, held(device, [7], [1]), finding);
    return finding;
  },
  reference: ([labels], { classes }) => {
    const largest = Math.max(...labels!.data);
    const finding = largest < classes ? [clear, 0, 0] : [7, largest, classes];
    return referenceArray([3], (i) => finding[i]!);
  },
  cost: ([labels]) => ({ flops: 0, bytes: 4 * elementCount(labels!) }),
  cases: [
    { inputs: [{ shape: [1003], kind: 'labels', classes: 50 }], attributes: { classes: 50 } },
    { inputs: [{ shape: [70], kind: 'labels', classes: 50 }], attributes: { classes: 7 } },
  ],
  misuses: [],
});

/** Unsigned numbers in the order of f32 scores: half a key of every pair is counted. */
function halfKey(score: number, lower: boolean): number {
  const bits = new Uint32Array(Float32Array.of(score === 0 ? 0 : score).buffer)[0]!;
  const key = bits >>> 31 ? ~bits >>> 0 : (bits | 0x80000000) >>> 0;
  return lower ? key & 0xffff : key >>> 16;
}

const countPairsOperator = defineOperator<{ readonly lower: boolean }>({
  name: 'count_pairs',
  stateful: true,
  apply: ([scores, labels], { lower }) => {
    const { device, shape } = scores!;
    const counts = held(device, new Uint32Array(2 * halfKeys), [2, halfKeys]);
    const selection = held(device, [shape[0]!, 0xbf80], [2]);
    countPairs(
      { scores: scores!, labels: labels!, tile: runtimeOf(device).uniform([0, 0]), selection, counts },
      lower,
    );
    return counts;
  },
  reference: ([scores, labels], { lower }) => {
    const counts = referenceArray([2, halfKeys]);
    const side = scores!.shape[0]!;
    for (let i = 0; i < side; i++) {
      for (let j = i + 1; j < side; j++) {
        const score = scores!.data[i * side + j]!;
        if (lower && halfKey(score, false) !== 0xbf80) continue;
        const genuine = labels!.data[i] === labels!.data[j] ? halfKeys : 0;
        counts.data[genuine + halfKey(score, lower)]!++;
      }
    }
    return counts;
  },
  cost: ([scores]) => ({ flops: 0, bytes: 4 * elementCount(scores!) }),
  cases: [false, true].map((lower) => ({
    inputs: [
      { shape: [130, 130], differentiable: false },
      { shape: [130], kind: 'labels' as const, classes: 9 },
    ],
    attributes: { lower },
  })),
  misuses: [],
});

const peakCopyOperator = defineOperator({
  name: 'peak_copy',
  apply: ([x]) => {
    const y = x!.device.empty(x!.shape);
    copy(x!, y);
    return y;
  },
  reference: ([x]) => x!,
  cost: ([x]) => ({ flops: 0, bytes: 8 * elementCount(x!) }),
  cases: [{ inputs: [{ shape: [4000], differentiable: false }], attributes: {} }],
  misuses: [],
});

/** Eight chains v ← v·b + c in every invocation, whose sums over a vec4f come out; the input only says how many invocations. */
const peakFmaOperator = defineOperator<{ readonly steps: number }>({
  name: 'peak_fma',
  apply: ([x], { steps }) => {
    const sink = x!.device.empty(x!.shape);
    multiplyAdds(sink, steps, x!.shape[1]!);
    return sink;
  },
  reference: ([x], { steps }) =>
    referenceArray(x!.shape, (i) => {
      const b = 0.999 + (i % 2) * 1e-4;
      let sum = 0;
      for (let chain = 1; chain <= 8; chain++) {
        let value = chain / 10;
        for (let step = 0; step < 4 * steps; step++) value = value * b + 1e-3;
        sum += 4 * value;
      }
      return sum;
    }),
  cost: ([x], { steps }) => ({ flops: flopsOfStep * steps * elementCount(x!), bytes: 4 * elementCount(x!) }),
  cases: [{ inputs: [{ shape: [4, 8], differentiable: false }], attributes: { steps: 50 } }],
  misuses: [],
});

export const moreOperators: readonly Operator[] = [
  sgdOperator,
  adamOperator,
  rowSubsetOperator,
  checkFiniteOperator,
  largestMagnitudeOperator,
  checkLabelsOperator,
  countPairsOperator,
  peakCopyOperator,
  peakFmaOperator,
];
