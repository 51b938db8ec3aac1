import type { Cost } from '../runtime/kernel.ts';
import { elementCount, type Shape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** A float64 array with a shape: what references compute with. Labels and counters are numbers too. */
export interface ReferenceArray {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** How a sample input is filled. Every kind is seeded, and exactly representable in f32. */
export type InputKind =
  /** Standard normal. */
  | 'normal'
  /** Normal with one value in sixteen a hundred times larger or 1e-4 times smaller. */
  | 'outliers'
  /** Normal, with rows multiplied by 1, 0, 1e-20 and 1e18 in turn: for what is normalised row by row. */
  | 'extremeRows'
  /** Normal, moved at least 0.1 away from zero: for operators with a kink there. */
  | 'awayFromZero'
  /** All values different by at least 0.01, shuffled: for maxima. */
  | 'distinct'
  /** Uniform in [0.5, 1.5]: for variances and scales. */
  | 'positive'
  /** Integers in [0, classes): a u32 tensor. */
  | 'labels'
  /** Bytes: an rgba8 tensor. */
  | 'pixels';

/** An input of a case: its extents, and what it is filled with. */
export interface InputSpec {
  readonly shape: Shape;
  readonly kind?: InputKind;
  /** For kind `labels`. */
  readonly classes?: number;
  /** Multiplies the filled values (default 1). */
  readonly scale?: number;
  /** false: no gradient is checked (default true for float kinds). */
  readonly differentiable?: boolean;
}

/** Kinds of work, which pictures give one colour each. */
export type OperatorFamily =
  | 'convolution'
  | 'product'
  | 'activation'
  | 'pooling'
  | 'normalisation'
  | 'loss'
  | 'random'
  | 'images'
  | 'optimiser'
  /** Sums, copies and everything else that goes over elements. */
  | 'elements';

/** How far results of a case may be from what is expected. */
export interface Tolerance {
  /** Allowed error relative to the largest magnitude of the reference's output (default 2e-5). */
  readonly forward?: number;
  /** The same for gradients (default 1e-4). */
  readonly backward?: number;
  /**
   * Allowed root of the normalised mean square error of the output, each element by its own scale (default 1e-5: over the table half of
   * the cases measure below 4e-8, 99 % below 4e-7, the worst 3e-6).
   */
  readonly scaledForward?: number;
  /** The same for gradients (default 3e-5; half measure below 7e-8, 99 % below 1e-5). */
  readonly scaledBackward?: number;
}

export interface OperatorCase<A> {
  readonly inputs: readonly InputSpec[];
  readonly attributes: A;
  readonly tolerance?: Tolerance;
}

/** A wrong call and what its message must say. */
export interface Misuse<A> {
  readonly inputs: readonly InputSpec[];
  readonly attributes: A;
  readonly message: RegExp;
}

/** Everything that tests, the gradient checker, the benchmark and the inspector need to know of one operator. */
export interface OperatorDeclaration<A> {
  /** Of the function or class that a person calls: `conv2d`, `batchNorm`, `SGD`. */
  readonly name: string;
  /** Default `elements`. */
  readonly family?: OperatorFamily;
  /** Calls the operator on tensors that were filled as the case says. Optional inputs are simply absent. */
  readonly apply: (inputs: readonly Tensor[], attributes: A) => Tensor;
  /** The same in float64, written independently of the kernels. */
  readonly reference: (inputs: readonly ReferenceArray[], attributes: A) => ReferenceArray;
  /** Arithmetic and least memory traffic of the forward pass. */
  readonly cost: (shapes: readonly Shape[], attributes: A) => Cost;
  readonly cases: readonly OperatorCase<A>[];
  readonly misuses: readonly Misuse<A>[];
  /** Whether a captured step of it goes on from where the last run ended, as optimisers do; default false. */
  readonly stateful?: boolean;
  /**
   * Makes a case of a few extents as a person writes them, such as `8x28x24x128 3x3 128` for a convolution; null if they mean
   * nothing. What the extents leave open is as usual, and `attributes` holds what was said of it. Without this, and where it gives
   * null, the extents are the shapes of the inputs.
   */
  readonly shorthand?: (
    extents: readonly Shape[],
    attributes: Partial<A>,
  ) => Pick<OperatorCase<A>, 'inputs' | 'attributes'> | null;
}

/** An operator on inputs of certain shapes. */
export interface BoundCase {
  readonly label: string;
  readonly inputs: readonly InputSpec[];
  readonly attributes: unknown;
  readonly tolerance: Required<Tolerance>;
  readonly cost: Cost;
  readonly stateful: boolean;
  apply(inputs: readonly Tensor[]): Tensor;
  reference(inputs: readonly ReferenceArray[]): ReferenceArray;
}

/** A declaration with its attribute type closed over, so that operators of all kinds fit in one table. */
export interface Operator {
  readonly name: string;
  readonly family: OperatorFamily;
  readonly cases: readonly BoundCase[];
  /**
   * A case of one's own: see {@link OperatorDeclaration.shorthand}; null where that is missing or does not apply.
   * @param attributes hold only keys that the cases of this operator have, with values of the same kind
   */
  short(extents: readonly Shape[], attributes: Readonly<Record<string, unknown>>): BoundCase | null;
  /** A case of one's own with all its inputs. For `attributes` the same holds as for {@link Operator.short}. */
  bind(inputs: readonly InputSpec[], attributes: unknown): BoundCase;
  readonly misuses: readonly {
    readonly label: string;
    readonly inputs: readonly InputSpec[];
    readonly message: RegExp;
    apply(inputs: readonly Tensor[]): Tensor;
  }[];
}

/** What tells cases of one shape apart. */
function markOf(kind?: InputKind): string {
  if (kind === 'outliers') return '!';
  return kind === 'extremeRows' ? '‼' : '';
}

function labelOf(inputs: readonly InputSpec[], attributes: unknown): string {
  const shapes = inputs.map(({ shape, kind }) => `${shape.join('×') || 'scalar'}${markOf(kind)}`);
  const extra = attributes && Object.keys(attributes).length ? ` ${JSON.stringify(attributes)}` : '';
  return shapes.join(', ') + extra;
}

/** Makes the entry of the operator table that tests, the inspector and the benchmark read from an operator's declaration. */
export function defineOperator<A>(declaration: OperatorDeclaration<A>): Operator {
  const { name, apply, reference, cost, shorthand } = declaration;
  const bind = ({ inputs, attributes, tolerance }: OperatorCase<A>): BoundCase => ({
    label: labelOf(inputs, attributes),
    inputs,
    attributes,
    tolerance: { forward: 2e-5, backward: 1e-4, scaledForward: 1e-5, scaledBackward: 3e-5, ...tolerance },
    cost: cost(
      inputs.map((input) => input.shape),
      attributes,
    ),
    stateful: declaration.stateful ?? false,
    apply: (tensors) => apply(tensors, attributes),
    reference: (arrays) => reference(arrays, attributes),
  });
  return {
    name,
    family: declaration.family ?? 'elements',
    cases: declaration.cases.map(bind),
    short: (extents, attributes) => {
      const made = shorthand?.(extents, attributes as Partial<A>);
      return made ? bind(made) : null;
    },
    bind: (inputs, attributes) => bind({ inputs, attributes: attributes as A }),
    misuses: declaration.misuses.map(({ inputs, attributes, message }) => ({
      label: labelOf(inputs, attributes),
      inputs,
      message,
      apply: (tensors) => apply(tensors, attributes),
    })),
  };
}

/** A float64 array of a shape, filled by the index of each element in row-major order; zeros without `fill`. */
export function referenceArray(shape: Shape, fill?: (index: number) => number): ReferenceArray {
  const data = new Float64Array(elementCount(shape));
  if (fill) for (let i = 0; i < data.length; i++) data[i] = fill(i);
  return { shape, data };
}
