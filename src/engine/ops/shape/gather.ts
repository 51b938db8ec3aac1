import forwardSource from '../../../shaders/shape/gather_rows.wesl';
import gradInputSource from '../../../shaders/shape/gather_rows_grad_input.wesl';
import { record } from '../../core/autograd.ts';
import { check, formatShape } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { runtimeOf } from '../../runtime/runtime.ts';
import { elementGrid } from '../../tuning/grid.ts';
import { fill } from '../elementwise/fill.ts';
import { classMembers } from './class_members.ts';
import { checkWords } from './copy_strided.ts';

const forwardKernel = { name: 'gather_rows', source: forwardSource };
const gradInputKernel = { name: 'gather_rows_grad_input', source: gradInputSource };

/**
 * Entries of the first dimension of x by their numbers, as an embedding looks up its vectors. An index past the last row counts as the
 * last; in debug mode (`checkLabels`) the next read throws a LabelError that names it. Gradients of a row that appears several times are
 * added in the order of the indices, whose number n the reverse pass compares n² times.
 *
 * @param x [rows, ...] f32, f16, u32 or i32
 * @param indices u32 of any shape
 * @returns [...shape of indices, ...]
 * @throws ShapeError unless x has a first dimension and the indices are u32
 */
export function gather(x: Tensor, indices: Tensor): Tensor {
  checkOperands('gather', indices);
  checkWords('gather', x);
  check(
    x.shape.length > 0 && indices.dtype === 'u32',
    'gather',
    () =>
      `x must have a first dimension and the indices must be u32, not ${formatShape(x.shape)} and ${indices.dtype}`,
  );
  const { device } = x;
  const rows = x.shape[0]!;
  const columns = x.size / rows;
  runtimeOf(device).checkLabels('gather', indices, { classes: rows, of: 'rows' });
  const y = device.empty([...indices.shape, ...x.shape.slice(1)], x.dtype);
  const { grid, constants, conditions } = elementGrid(device, y.size, columns);
  const place = { ...constants, ROWS: rows, COLUMNS: conditions.vec4 ? columns / 4 : columns };
  device.within('gather', () =>
    device.dispatch({
      kernel: forwardKernel,
      constants: place,
      conditions,
      bindings: { x, indices, y },
      grid,
      cost: { flops: 0, bytes: 8 * y.size + 4 * indices.size },
    }),
  );
  return record(y, {
    operator: 'gather',
    inputs: [x],
    backward: (dy, into) => {
      const members = classMembers(indices, rows);
      const dx = into(0);
      fill(dx, 0);
      device.dispatch({
        kernel: gradInputKernel,
        constants: { ...place, SAMPLES: indices.size },
        conditions,
        bindings: { dy, indices, members, dx },
        grid,
        cost: { flops: dy.size, bytes: 4 * (dy.size + Math.min(dx.size, dy.size)) },
      });
      return [dx];
    },
  });
}

export const gatherOperator = defineOperator({
  name: 'gather',
  apply: ([x, indices]) => gather(x!, indices!),
  reference: ([x, indices]) => {
    const columns = x!.data.length / x!.shape[0]!;
    const data = Float64Array.from({ length: indices!.data.length * columns }, (_, i) => {
      const row = indices!.data[Math.floor(i / columns)]!;
      return x!.data[row * columns + (i % columns)]!;
    });
    return { shape: [...indices!.shape, ...x!.shape.slice(1)], data };
  },
  cost: ([x, indices]) => ({
    flops: 0,
    bytes: 4 * elementCount(indices!) * (1 + (2 * elementCount(x!)) / x![0]!),
  }),
  cases: [
    { inputs: [{ shape: [7, 5] }, { shape: [19], kind: 'labels', classes: 7 }], attributes: {} },
    {
      inputs: [
        { shape: [40, 8], kind: 'outliers' },
        { shape: [5], kind: 'labels', classes: 40 },
      ],
      attributes: {},
    },
    { inputs: [{ shape: [3, 2, 2] }, { shape: [2, 3], kind: 'labels', classes: 3 }], attributes: {} },
    { inputs: [{ shape: [4] }, { shape: [], kind: 'labels', classes: 4 }], attributes: {} },
    {
      inputs: [
        { shape: [5, 3], kind: 'labels', classes: 4e9 },
        { shape: [4], kind: 'labels', classes: 5 },
      ],
      attributes: {},
    },
  ],
  misuses: [
    {
      inputs: [{ shape: [3, 2] }, { shape: [2] }],
      attributes: {},
      message: /gather: .*the indices must be u32, not \[3, 2\] and f32/,
    },
    {
      inputs: [{ shape: [] }, { shape: [2], kind: 'labels' }],
      attributes: {},
      message: /gather: x must have a first dimension .*not \[\] and u32/,
    },
  ],
});
