import { record } from '../../core/autograd.ts';
import { isReal } from '../../core/data-type.ts';
import { checkArgument, formatShape } from '../../core/errors.ts';
import { defineOperator, type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { checkList, checkWords, copyStrided, stridesOf } from './copy_strided.ts';

/** How many elements are added before and after each axis, and of which value. */
export interface PadOptions {
  /** Entries to add before the first along each axis, from 0. Default none. */
  readonly before?: readonly number[];
  /** Entries to add after the last along each axis, from 0. Default none. */
  readonly after?: readonly number[];
  /** What to add: any number, also NaN or an infinity; of an integer tensor whole numbers. Default 0. */
  readonly value?: number;
}

const optionNames: OptionNames<PadOptions> = { before: true, after: true, value: true };

/**
 * x with a frame of one value.
 *
 * @param x f32, f16, u32 or i32
 * @throws ArgumentError unless there are as many whole numbers from 0 as x has axes
 */
export function pad(x: Tensor, options: PadOptions): Tensor {
  checkWords('pad', x);
  checkOptionNames('pad', options, optionNames);
  const { before, after, value = 0 } = options;
  const none = x.shape.map(() => 0);
  const [leading, trailing] = [before ?? none, after ?? none];
  for (const [name, list] of Object.entries({ before: leading, after: trailing })) {
    checkList('pad', name, list);
    checkArgument(
      list.length === x.shape.length && list.every((count) => Number.isInteger(count) && count >= 0),
      'pad',
      () =>
        `${name} must be a whole number from 0 for each axis of x ${formatShape(x.shape)}, not [${list.join(', ')}]`,
    );
  }
  checkArgument(
    isReal(x.dtype) || (Number.isInteger(value) && Math.abs(value) < 2 ** 32),
    'pad',
    () => `x holds ${x.dtype}, so the value must be a whole number that it holds, not ${value}`,
  );
  const shape = x.shape.map((extent, axis) => leading[axis]! + extent + trailing[axis]!);
  const strides = stridesOf(x.shape);
  const y = x.device.empty(shape, x.dtype);
  const dimensions = x.shape.map((count, axis) => {
    const whole = count === shape[axis];
    const gaps = whole ? undefined : { before: leading[axis]!, spacing: 1, count };
    return { extent: shape[axis]!, stride: strides[axis]!, gaps };
  });
  x.device.within('pad', () => copyStrided(x, y, dimensions, { value }));
  return record(y, {
    operator: 'pad',
    inputs: [x],
    backward: (dy, into) => {
      const outer = stridesOf(shape);
      const inside = x.shape.map((extent, axis) => ({ extent, stride: outer[axis]! }));
      const offset = leading.reduce((sum, count, axis) => sum + count * outer[axis]!, 0);
      return [copyStrided(dy, into(0), inside, { offset })];
    },
  });
}

function padReference(
  x: ReferenceArray,
  { before = x.shape.map(() => 0), after = x.shape.map(() => 0), value = 0 }: PadOptions,
): ReferenceArray {
  const shape = x.shape.map((extent, axis) => before[axis]! + extent + after[axis]!);
  const padded = referenceArray(shape, () => value);
  x.data.forEach((element, i) => {
    let rest = i;
    let place = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += ((rest % x.shape[axis]!) + before[axis]!) * stride;
      rest = Math.floor(rest / x.shape[axis]!);
      stride *= shape[axis]!;
    }
    padded.data[place] = element;
  });
  return padded;
}

export const padOperator = defineOperator<PadOptions>({
  name: 'pad',
  apply: ([x], options) => pad(x!, options),
  reference: ([x], options) => padReference(x!, options),
  cost: ([shape]) => ({ flops: 0, bytes: 8 * elementCount(shape!) }),
  cases: [
    {
      inputs: [{ shape: [2, 3, 5], kind: 'outliers' }],
      attributes: { before: [1, 0, 2], after: [0, 3, 1], value: -1.5 },
    },
    { inputs: [{ shape: [3, 8] }], attributes: { before: [2, 4], after: [1, 0] } },
    { inputs: [{ shape: [3, 8] }], attributes: { after: [1, 0] } },
    { inputs: [{ shape: [1] }], attributes: { before: [4], value: 2 } },
    { inputs: [{ shape: [2, 3] }], attributes: { before: [0, 0] } },
    { inputs: [{ shape: [3], kind: 'labels', classes: 4e9 }], attributes: { after: [2], value: 7 } },
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 3] }],
      attributes: { before: [1] },
      message: /pad: before must be a whole number from 0 for each axis of x \[2, 3\], not \[1\]/,
    },
    { inputs: [{ shape: [2] }], attributes: { after: [-1] }, message: /pad: after must be .*not \[-1\]/ },
    {
      inputs: [{ shape: [2], kind: 'labels' }],
      attributes: { after: [1], value: 0.5 },
      message: /pad: x holds u32, so the value must be a whole number that it holds, not 0\.5/,
    },
  ],
});
