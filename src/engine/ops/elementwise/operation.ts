import type { InputSpec, Misuse } from '../../core/operator.ts';
import type { NoOptions } from './options.ts';

/** Operands by the names that they have in the kernels. Unary operations have `a`. */
export type OperandName = 'a' | 'b' | 'condition';

/** A row of the table of element-wise operations. The formulas are in shaders/elementwise under the condition of its name. */
export interface Operation<O = object> {
  /** In the order in which they are given. */
  readonly operands: readonly OperandName[];
  /** What the gradient of an operand is computed from, besides that of the output; those not mentioned have none. */
  readonly gradients: Readonly<Partial<Record<OperandName, readonly (OperandName | 'y')[]>>>;
  /** For sums: the gradients are that of the output times these numbers. */
  factors?(options: O): Readonly<Partial<Record<OperandName, number>>>;
  /** What the options come to in the kernels. */
  compile?(options: O): {
    readonly constants?: Readonly<Record<string, number>>;
    readonly conditions?: Readonly<Record<string, boolean>>;
  };
  /** @throws ArgumentError if an option is out of range */
  checkOptions?(operator: string, options: O): void;
  /** The same for one element in float64. */
  reference(operands: readonly number[], options: O): number;
  /** Arithmetic operations an element, roughly. */
  readonly flops: number;
  readonly cases: readonly { readonly inputs: readonly InputSpec[]; readonly attributes: O }[];
  /** Besides those that every operation has. */
  readonly misuses?: readonly Misuse<O>[];
}

type Fill = Pick<InputSpec, 'kind' | 'scale' | 'differentiable'>;

/** Cases of a unary operation: by numbers, by vectors, a scalar; with every choice of options. */
export function unaryCases<O>(fill: Fill, ...options: O[]): Operation<O>['cases'] {
  return options.flatMap((attributes, k) =>
    (k === 0
      ? [[3, 5, 7], [6, 8], []]
      : [
          [3, 7],
          [2, 4],
        ]
    ).map((shape) => ({
      inputs: [{ shape, ...fill }],
      attributes,
    })),
  );
}

type Pair = readonly [readonly number[], readonly number[]];

/** Pairs of shapes: equal by numbers and by vectors, scalars, broadcast along trailing dimensions, and both along others. */
// biome-ignore format: a pair a line
const pairs: readonly Pair[] = [
  [[3, 5, 7], [3, 5, 7]],
  [[6, 8], [6, 8]],
  [[], []],
  [[5, 3, 8], [5, 3, 1]],
  [[2, 1, 3, 1, 4], [3, 1, 2, 4]],
];

/** The same for what broadcasting itself is tested with: one scalar, leading and middle dimensions, either side. */
// biome-ignore format: a pair a line
export const broadcastPairs: readonly Pair[] = [
  ...pairs,
  [[300, 7], [1]],
  [[], [4, 12]],
  [[5, 3, 7], [7]],
  [[3, 8], [5, 3, 8]],
  [[3, 5, 4], [3, 1, 4]],
  [[5, 1, 3], [7, 1]],
];

/** Cases of an operation on two operands that are filled in two ways. */
export function binaryCases(a: Fill, b: Fill, shapes = pairs): Operation<NoOptions>['cases'] {
  return shapes.map(([shapeA, shapeB]) => ({
    inputs: [
      { shape: shapeA, ...a },
      { shape: shapeB, ...b },
    ],
    attributes: {},
  }));
}

/** Cases of a choice: every fourth row of the condition is zero. */
// biome-ignore format: a case a line
export const whereCases: Operation<NoOptions>['cases'] = (
  [
    [[6, 7], [6, 7], [6, 7]],
    [[6, 8], [6, 8], [6, 8]],
    [[], [], []],
    [[6, 8], [], [1]],
    [[3, 4, 5], [5], [3, 1, 5]],
    [[4, 1], [6, 1, 1], [8]],
    [[3], [4, 5, 3], [5, 1]],
  ] as const
).map(([condition, a, b]) => ({
  inputs: [
    { shape: condition, kind: condition.length > 1 ? 'extremeRows' : 'normal', differentiable: false },
    { shape: a, kind: 'outliers' },
    { shape: b },
  ],
  attributes: {},
}));
