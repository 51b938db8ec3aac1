import { defineOperator, type Operator } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import { broadcastReference } from './broadcast.reference.ts';
import { broadcastShape } from './broadcast.ts';
import { elementwise } from './elementwise.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import type { OperationName, OptionsOf } from './options.ts';

/** What the table says of an operation, as tests and tools want it. */
function declare<N extends OperationName>(name: N): Operator {
  const operation = operations[name] as Operation<OptionsOf<N>>;
  const { operands, cases, misuses = [], flops } = operation;
  return defineOperator<OptionsOf<N>>({
    name,
    apply: (tensors, options) => elementwise(name, tensors, options),
    reference: (arrays, options) =>
      broadcastReference(arrays, (elements) => operation.reference(elements, options)),
    cost: (shapes) => {
      const size = elementCount(broadcastShape(name, shapes));
      return {
        flops: flops * size,
        bytes: 4 * shapes.reduce((sum, shape) => sum + elementCount(shape), size),
      };
    },
    cases,
    misuses: [
      ...misuses,
      {
        inputs: operands.map((_, k) => ({
          shape: [2],
          ...(k === operands.length - 1 && { kind: 'labels' as const, classes: 2 }),
        })),
        attributes: {} as OptionsOf<N>,
        message: new RegExp(`${name}: every operand must be f32 or f16, not .*u32`),
      },
      ...(operands.length > 1
        ? [
            {
              inputs: operands.map((_, k) => ({ shape: k === 0 ? [3, 2] : [2, 3] })),
              attributes: {} as OptionsOf<N>,
              message: new RegExp(`${name}: the shapes \\[3, 2\\] and \\[2, 3\\].* do not broadcast`),
            },
          ]
        : []),
    ],
  });
}

/** Every element-wise operation of the table. */
export const elementwiseOperators: readonly Operator[] = (Object.keys(operations) as OperationName[]).map(
  (name) => declare(name),
);
