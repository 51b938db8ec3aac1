import forwardSource from '../../../shaders/reduce/softmax_forward.wesl';
import gradInputSource from '../../../shaders/reduce/softmax_grad_input.wesl';
import { record } from '../../core/autograd.ts';
import { defineOperator, type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { type Lines, lineGrid, linesAlong, linesOf } from './lines.ts';
import { reduceLines } from './reduce.ts';

const forwardKernel = { name: 'softmax_forward', source: forwardSource };
const gradInputKernel = { name: 'softmax_grad_input', source: gradInputSource };

/** The axis whose numbers add up to 1. */
export interface SoftmaxOptions {
  /** The axis along which the results add up to 1; negative ones count from the end. Default −1, the last. */
  readonly axis?: number;
}

const optionNames: OptionNames<SoftmaxOptions> = { axis: true };

/** Of every line, its maximum m and s = Σ exp(x − m). */
export interface LineExponentials {
  readonly m: Tensor;
  readonly s: Tensor;
}

/**
 * exp(x) / Σ exp(x) along an axis, for numbers of any magnitude. −∞ gives 0; lines that hold a NaN, +∞ or nothing but −∞ are all NaN.
 *
 * @throws ShapeError unless x is f32, ArgumentError unless it has the axis
 */
export function softmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  return shares('softmax', x, options);
}

/** Logarithm of {@link softmax}: x − log Σ exp(x), also where softmax rounds to 0. */
export function logSoftmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  return shares('logSoftmax', x, options);
}

function shares(operator: 'softmax' | 'logSoftmax', x: Tensor, options: SoftmaxOptions): Tensor {
  checkOptionNames(operator, options, optionNames);
  const { axis = -1 } = options;
  const lines = linesAlong(operator, x, axis);
  const logarithm = operator === 'logSoftmax';
  const y = x.device.within(operator, () =>
    sharesInto(x, lines, exponentialsOf(x, lines), { logarithm }, x.device.empty(x.shape)),
  );
  return record(y, {
    operator,
    inputs: [x],
    backward: (dy, into) => {
      const total = x.device.empty(linesOf(lines));
      reduceLines(dy, lines, { kind: 'sum', ...(logarithm ? {} : { other: y }) }, total);
      const { grid, constants, conditions } = lineGrid(x.device, lines);
      const dx = into(0);
      x.device.dispatch({
        kernel: gradInputKernel,
        constants,
        conditions: { ...conditions, logarithm },
        bindings: { y, dy, total, dx },
        grid,
        cost: { flops: 3 * x.size, bytes: 12 * x.size },
      });
      return [dx];
    },
  });
}

export function exponentialsOf(x: Tensor, lines: Lines): LineExponentials {
  const [m, s] = [x.device.empty(linesOf(lines)), x.device.empty(linesOf(lines))];
  reduceLines(x, lines, { kind: 'maximum' }, m);
  reduceLines(x, lines, { kind: 'sum', shift: m }, s);
  return { m, s };
}

/** Writes softmax along lines, times a number per line if there is one, or its logarithm. */
export function sharesInto(
  x: Tensor,
  lines: Lines,
  { m, s }: LineExponentials,
  { logarithm = false, factor }: { logarithm?: boolean; factor?: Tensor },
  y: Tensor,
): Tensor {
  const { grid, constants, conditions } = lineGrid(x.device, lines);
  x.device.dispatch({
    kernel: forwardKernel,
    constants,
    conditions: { ...conditions, logarithm, scaled: factor !== undefined },
    bindings: { x, m, s, y, ...(factor ? { factor } : {}) },
    grid,
    cost: { flops: 4 * x.size, bytes: 8 * x.size },
  });
  return y;
}

function softmaxReference(x: ReferenceArray, axis: number, logarithm: boolean): ReferenceArray {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const inner = elementCount(x.shape.slice(at + 1));
  const extent = x.shape[at]!;
  const lines = new Map<number, { readonly largest: number; readonly total: number }>();
  return referenceArray(x.shape, (i) => {
    const first = Math.floor(i / (extent * inner)) * extent * inner + (i % inner);
    let line = lines.get(first);
    if (!line) {
      const numbers = Array.from({ length: extent }, (_, k) => x.data[first + k * inner]!);
      const largest = Math.max(...numbers);
      line = { largest, total: numbers.reduce((sum, value) => sum + Math.exp(value - largest), 0) };
      lines.set(first, line);
    }
    const difference = x.data[i]! - line.largest;
    return logarithm ? difference - Math.log(line.total) : Math.exp(difference) / line.total;
  });
}

const softmaxLike = (name: 'softmax' | 'logSoftmax', apply: (x: Tensor, options: SoftmaxOptions) => Tensor) =>
  defineOperator<SoftmaxOptions>({
    name,
    apply: ([x], options) => apply(x!, options),
    reference: ([x], { axis = -1 }) => softmaxReference(x!, axis, name === 'logSoftmax'),
    cost: ([shape]) => ({ flops: 6 * elementCount(shape!), bytes: 8 * elementCount(shape!) }),
    cases: [
      { inputs: [{ shape: [5, 13] }], attributes: {} },
      {
        inputs: [{ shape: [9, 16], scale: 30 }],
        attributes: {},
        // Where one class is nearly certain, 1 − 3e-14 is 1 in f32: its logarithm, and its gradient, have no digit right.
        tolerance: { scaledForward: 0.2, scaledBackward: 0.2 },
      },
      { inputs: [{ shape: [3, 5, 8], kind: 'outliers' }], attributes: { axis: 1 } },
      { inputs: [{ shape: [3, 5, 7] }], attributes: { axis: 0 } },
      { inputs: [{ shape: [4, 1] }], attributes: {} },
      { inputs: [{ shape: [2, 1100] }], attributes: { axis: -1 } },
    ],
    misuses: [
      { inputs: [{ shape: [] }], attributes: {}, message: /: a tensor of shape \[\] has no axis -1/ },
      { inputs: [{ shape: [2, 3] }], attributes: { axis: 2 }, message: /\[2, 3\] has no axis 2/ },
      { inputs: [{ shape: [2], kind: 'labels' }], attributes: {}, message: /x must be f32, not u32/ },
    ],
  });

export const softmaxOperator = softmaxLike('softmax', softmax);
export const logSoftmaxOperator = softmaxLike('logSoftmax', logSoftmax);
