/** The autograd graph of a loss as plain data. */

import type { DataType } from '../../engine/core/data-type.ts';
import type { Shape } from '../../engine/core/shape.ts';

export interface GraphTensor {
  readonly shape: Shape;
  readonly dtype: DataType;
  readonly bytes: number;
}

/** What dispatches do together. */
export interface GraphWork {
  readonly dispatches: number;
  readonly flops: number;
  readonly bytes: number;
}

/** A tensor that no operator of the graph made. */
export interface GraphLeaf extends GraphTensor {
  readonly id: number;
  /** `input` was computed before the graph begins, `constant` never changes. */
  readonly kind: 'parameter' | 'input' | 'constant';
  /** Of a parameter its own name, of an input the operator that made it. */
  readonly name: string;
  /** Whether the reverse pass gives it a gradient. */
  readonly learnt: boolean;
}

/** An operator call and the tensor that it made. */
export interface GraphOperator {
  readonly id: number;
  readonly operator: string;
  /** Layers whose parameters it uses: `conv1a`, `prelu1a`. */
  readonly layers: readonly string[];
  readonly output: GraphTensor;
  /** Leaves and operators by their ids, in the order of the call. */
  readonly inputs: readonly number[];
  /** null: a view, which moves and computes nothing. */
  readonly forward: GraphWork | null;
  readonly backward: GraphWork | null;
}

/** Work of the step outside of the graph: augmentation before it, sums of gradients where paths meet. */
export interface GraphRest extends GraphWork {
  readonly operator: string;
  readonly pass: 'forward' | 'backward';
}

export interface AutogradGraph {
  readonly title: string;
  readonly leaves: readonly GraphLeaf[];
  /** In the order in which they were called; the last one made the loss. */
  readonly operators: readonly GraphOperator[];
  readonly rest: readonly GraphRest[];
}

/** What the operators and the rest do together in one direction. */
export function totalWork({ operators, rest }: AutogradGraph, pass: 'forward' | 'backward'): GraphWork {
  const works = [
    ...operators.flatMap((operator) => operator[pass] ?? []),
    ...rest.filter((part) => part.pass === pass),
  ];
  return addWork(works);
}

export function addWork(works: readonly GraphWork[]): GraphWork {
  return works.reduce<GraphWork>(
    (sum, { dispatches, flops, bytes }) => ({
      dispatches: sum.dispatches + dispatches,
      flops: sum.flops + flops,
      bytes: sum.bytes + bytes,
    }),
    { dispatches: 0, flops: 0, bytes: 0 },
  );
}
