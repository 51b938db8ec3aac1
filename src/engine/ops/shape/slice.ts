import { record } from '../../core/autograd.ts';
import { checkArgument, formatShape } from '../../core/errors.ts';
import { defineOperator, type ReferenceArray, referenceArray } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { checkList, checkWords, copyStrided, stridesOf } from './copy_strided.ts';

/** The part that is taken of each axis. */
export interface SliceOptions {
  /** First index along each axis; negative ones count from the end. Axes that the list is too short for are whole. Default 0. */
  readonly start?: readonly number[];
  /** Index after the last along each axis; negative ones count from the end. Default the extents. */
  readonly end?: readonly number[];
  /** Every how manyth index along each axis, from 1. Default 1. */
  readonly step?: readonly number[];
}

const optionNames: OptionNames<SliceOptions> = { start: true, end: true, step: true };

/** What is taken along one axis. */
interface Range {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/**
 * A part of x: along each axis the indices start, start + step, … below end.
 *
 * @param x f32, f16, u32 or i32
 * @throws ArgumentError if a range is empty or leaves x
 */
export function slice(x: Tensor, options: SliceOptions): Tensor {
  checkWords('slice', x);
  checkOptionNames('slice', options, optionNames);
  const ranges = rangesOf(x, options);
  const strides = stridesOf(x.shape);
  const y = x.device.empty(
    ranges.map(({ count }) => count),
    x.dtype,
  );
  x.device.within('slice', () =>
    copyStrided(
      x,
      y,
      ranges.map(({ count, step }, axis) => ({ extent: count, stride: step * strides[axis]! })),
      { offset: ranges.reduce((offset, { start }, axis) => offset + start * strides[axis]!, 0) },
    ),
  );
  return record(y, {
    operator: 'slice',
    inputs: [x],
    // Back to where they came from, with zeros between.
    backward: (dy, into) => {
      const stridesOfSlice = stridesOf(dy.shape);
      const dimensions = ranges.map(({ start, step, count }, axis) => {
        const whole = count === x.shape[axis];
        const gaps = whole ? undefined : { before: start, spacing: step, count };
        return { extent: x.shape[axis]!, stride: stridesOfSlice[axis]!, gaps };
      });
      return [copyStrided(dy, into(0), dimensions)];
    },
  });
}

function rangesOf(x: Tensor, { start = [], end = [], step = [] }: SliceOptions): Range[] {
  for (const [name, list] of Object.entries({ start, end, step })) {
    checkList('slice', name, list);
    checkArgument(
      list.length <= x.shape.length && list.every(Number.isInteger),
      'slice',
      () =>
        `${name} must be whole numbers, at most one an axis of x ${formatShape(x.shape)}, not [${list.join(', ')}]`,
    );
  }
  return x.shape.map((extent, axis) => {
    const [from, to, by] = [start[axis] ?? 0, end[axis] ?? extent, step[axis] ?? 1];
    const first = from < 0 ? from + extent : from;
    const last = to < 0 ? to + extent : to;
    checkArgument(
      first >= 0 && first < last && last <= extent && by >= 1,
      'slice',
      () =>
        `along axis ${axis} of x ${formatShape(x.shape)} there must be something from ${from} to ${to} in steps of ${by}`,
    );
    return { start: first, step: by, count: Math.ceil((last - first) / by) };
  });
}

function sliceReference(
  x: ReferenceArray,
  { start = [], end = [], step = [] }: SliceOptions,
): ReferenceArray {
  const kept = x.shape.map((extent, axis) => {
    const from = start[axis] ?? 0;
    const to = end[axis] ?? extent;
    const indices = Array.from({ length: extent }, (_, i) => i).slice(from, to);
    return indices.filter((_, i) => i % (step[axis] ?? 1) === 0);
  });
  const shape = kept.map(({ length }) => length);
  return referenceArray(shape, (i) => {
    let rest = i;
    let place = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += kept[axis]![rest % shape[axis]!]! * stride;
      rest = Math.floor(rest / shape[axis]!);
      stride *= x.shape[axis]!;
    }
    return x.data[place]!;
  });
}

export const sliceOperator = defineOperator<SliceOptions>({
  name: 'slice',
  apply: ([x], options) => slice(x!, options),
  reference: ([x], options) => sliceReference(x!, options),
  cost: ([shape]) => ({ flops: 0, bytes: 4 * elementCount(shape!) }),
  cases: [
    {
      inputs: [{ shape: [4, 5, 7], kind: 'outliers' }],
      attributes: { start: [1, 0, 2], end: [3, 5, 7], step: [1, 2, 3] },
    },
    { inputs: [{ shape: [6, 12] }], attributes: { start: [2, 4], end: [-1, 12] } },
    { inputs: [{ shape: [6, 12] }], attributes: { start: [-3] } },
    { inputs: [{ shape: [9] }], attributes: { step: [9] } },
    { inputs: [{ shape: [2, 3] }], attributes: {} },
    { inputs: [{ shape: [] }], attributes: {} },
    { inputs: [{ shape: [7], kind: 'labels', classes: 4e9 }], attributes: { start: [3] } },
  ],
  misuses: [
    {
      inputs: [{ shape: [4, 3] }],
      attributes: { start: [2], end: [2] },
      message: /slice: along axis 0 of x \[4, 3\] there must be something from 2 to 2 in steps of 1/,
    },
    { inputs: [{ shape: [4] }], attributes: { end: [5] }, message: /slice: along axis 0 .*from 0 to 5/ },
    { inputs: [{ shape: [4] }], attributes: { step: [0] }, message: /slice: along axis 0 .*steps of 0/ },
    {
      inputs: [{ shape: [4] }],
      attributes: { start: [0, 0] },
      message: /slice: start must be whole numbers, at most one an axis of x \[4\], not \[0, 0\]/,
    },
  ],
});
