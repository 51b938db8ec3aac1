import source from '../../../shaders/elementwise/elementwise.wesl';
import gradientSource from '../../../shaders/elementwise/elementwise_grad_input.wesl';
import { record } from '../../core/autograd.ts';
import { isReal } from '../../core/data-type.ts';
import { check } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { checkOptionNames } from '../../core/options.ts';
import { elementCount, type Shape } from '../../core/shape.ts';
import { type Tensor, viewOf } from '../../core/tensor.ts';
import { sumInto } from '../reduce/sum.ts';
import { sumRows } from '../reduce/sum_rows.ts';
import { broadcastShape, broadcastStrides, broadcastWalk } from './broadcast.ts';
import type { OperandName, Operation } from './operation.ts';
import { operations } from './operations.ts';
import { type OperationName, type OptionsOf, optionNames } from './options.ts';

const kernel = { name: 'elementwise', source };
const gradientKernel = { name: 'elementwise_grad_input', source: gradientSource };

/** One call of an operation: what its forward and its backward dispatches have in common. */
interface Call {
  readonly name: OperationName;
  readonly operation: Operation;
  readonly operands: Readonly<Partial<Record<OperandName, Tensor>>>;
  readonly options: object;
  /** Of the output, which the operands are broadcast to. */
  readonly shape: Shape;
}

/**
 * A row of the table of element-wise operations, applied to its operands. The result is f16 where all of them are.
 *
 * @throws ShapeError if an operand is not of real numbers, their shapes do not broadcast, ArgumentError if an option is out of range
 */
export function elementwise<N extends OperationName>(
  name: N,
  tensors: readonly Tensor[],
  options: OptionsOf<N>,
): Tensor {
  const operation: Operation = operations[name];
  checkOperands(name, ...tensors);
  check(
    tensors.every(({ dtype }) => isReal(dtype)),
    name,
    () => `every operand must be f32 or f16, not ${tensors.map(({ dtype }) => dtype).join(' and ')}`,
  );
  if (name in optionNames)
    checkOptionNames<object>(name, options, optionNames[name as keyof typeof optionNames]);
  operation.checkOptions?.(name, options);
  const shape = broadcastShape(
    name,
    tensors.map((tensor) => tensor.shape),
  );
  const operands = Object.fromEntries(operation.operands.map((operand, k) => [operand, tensors[k]!]));
  const call: Call = { name, operation, operands, options, shape };
  const y = forward(call);
  const inputs = operation.operands.filter((operand) => operation.gradients[operand]);
  if (inputs.length === 0) return y;
  return record(y, {
    operator: name,
    inputs: inputs.map((operand) => call.operands[operand]!),
    backward: (dy, into) =>
      inputs.map((operand, k) =>
        call.operands[operand]!.requiresGradient ? gradient(call, operand, y, dy, () => into(k)) : null,
      ),
  });
}

function forward({ name, operation, operands, options, shape }: Call): Tensor {
  const { device } = operands.a!;
  const strides = Object.fromEntries(
    operation.operands.map((operand) => [operand, broadcastStrides(operands[operand]!.shape, shape)]),
  );
  const { grid, constants, conditions } = broadcastWalk(device, name, shape, strides);
  const { constants: compiled, conditions: chosen } = operation.compile?.(options) ?? {};
  // As numpy has it: f16 goes into f32.
  const isHalf = operation.operands.every((operand) => operands[operand]!.dtype === 'f16');
  const y = device.empty(shape, isHalf ? 'f16' : 'f32');
  const read = operation.operands.reduce((sum, operand) => sum + operands[operand]!.size, 0);
  device.within(name, () =>
    device.dispatch({
      kernel,
      constants: { ...constants, ...compiled },
      conditions: {
        ...conditions,
        ...chosen,
        [name]: true,
        b: operands.b !== undefined,
        condition: operands.condition !== undefined,
      },
      bindings: { ...operands, y },
      grid,
      cost: { flops: operation.flops * y.size, bytes: 4 * (read + y.size) },
    }),
  );
  return y;
}

/** The gradient of one operand: its shares in all elements of the output, summed over the axes that it was broadcast along. */
function gradient(call: Call, operand: OperandName, y: Tensor, dy: Tensor, into: () => Tensor): Tensor {
  const { device } = dy;
  const target = call.operands[operand]!;
  const strides = broadcastStrides(target.shape, call.shape);
  const axes = call.shape.flatMap((extent, axis) => (extent > 1 ? [axis] : []));
  const summed = axes.filter((axis) => strides[axis] === 0);
  const kept = axes.filter((axis) => strides[axis] !== 0);
  const isWhole = call.operation.factors?.(call.options)[operand] === 1;
  if (summed.length === 0) {
    // Gradients are stored like what they belong to.
    if (!isWhole || dy.dtype !== target.dtype) return shares(call, operand, y, dy, axes, into());
    return target.shape.length === dy.shape.length ? dy : viewOf(dy, target.shape);
  }
  const order = [...summed, ...kept];
  const rows = elementCount(summed.map((axis) => call.shape[axis]!));
  const columns = elementCount(kept.map((axis) => call.shape[axis]!));
  const isInOrder = order.every((axis, k) => axis === axes[k]);
  const parts =
    isWhole && isInOrder ? dy : shares(call, operand, y, dy, order, device.empty([rows, columns]));
  return columns === 1 ? sumInto(parts, into()) : sumRows(parts, rows, columns, into());
}

/** Writes what every element of the output contributes to the gradient of an operand, walking the axes in the given order. */
function shares(
  { name, operation, operands, options, shape }: Call,
  operand: OperandName,
  y: Tensor,
  dy: Tensor,
  order: readonly number[],
  dx: Tensor,
): Tensor {
  const { device } = dy;
  const reads = operation.gradients[operand]!;
  const stridesOf = (tensor: Tensor): number[] => {
    const strides = broadcastStrides(tensor.shape, shape);
    return order.map((axis) => strides[axis]!);
  };
  const bindings = Object.fromEntries(reads.map((read) => [read, read === 'y' ? y : operands[read]!]));
  const walk = broadcastWalk(
    device,
    name,
    order.map((axis) => shape[axis]!),
    Object.fromEntries(
      Object.entries({ ...bindings, y: dy }).map(([read, tensor]) => [read, stridesOf(tensor)]),
    ),
  );
  const { constants, conditions } = operation.compile?.(options) ?? {};
  const factor = operation.factors?.(options)[operand];
  const read = reads.reduce((sum, read) => sum + bindings[read]!.size, dy.size);
  device.dispatch({
    kernel: gradientKernel,
    constants: { ...walk.constants, ...constants, ...(factor !== undefined && { FACTOR: factor }) },
    conditions: {
      ...walk.conditions,
      ...conditions,
      [name]: true,
      [`by_${operand}`]: true,
      ...Object.fromEntries(reads.map((read) => [read, true])),
    },
    bindings: { ...bindings, dy, dx },
    grid: walk.grid,
    cost: { flops: operation.flops * dy.size, bytes: 4 * (read + dx.size) },
  });
  return dx;
}
