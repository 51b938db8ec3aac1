import source from '../../../shaders/reduce/reduce.wesl';
import spreadSource from '../../../shaders/reduce/spread_lines.wesl';
import type { Tensor } from '../../core/tensor.ts';
import { wrappedGrid } from '../../tuning/grid.ts';
import { type Lines, lineGrid } from './lines.ts';

const kernel = { name: 'reduce', source };
const spreadKernel = { name: 'spread_lines', source: spreadSource };

/** What is made of the numbers of every line. */
export interface Reduction {
  readonly kind: 'sum' | 'maximum' | 'argmax';
  /** Of sums. Default 1. */
  readonly factor?: number;
  /** Sums exp(x − shift) instead of x: one number a line. */
  readonly shift?: Tensor;
  /** Sums x·other instead of x. */
  readonly other?: Tensor;
}

/** Invocations side by side along the axis, a power of two: all where lines are rows, else what the columns leave over. */
function lanesOf(workgroup: number, { axis, inner }: Lines): number {
  const atLeast = (count: number): number => Math.min(workgroup, 2 ** Math.ceil(Math.log2(count)));
  return inner === 1 ? atLeast(axis) : Math.min(atLeast(axis), workgroup / atLeast(inner));
}

/**
 * Reduces x, seen as lines, to one number a line, in a fixed order. Not recorded in the graph.
 *
 * @param output [outer, inner] in any shape; u32 for argmax
 * @param candidates where an earlier stage of argmax has left indices: what the lines consist of
 */
export function reduceLines(
  x: Tensor,
  lines: Lines,
  reduction: Reduction,
  output: Tensor,
  candidates?: { readonly indices: Tensor; readonly length: number },
): Tensor {
  const { device } = x;
  const { outer, axis, inner } = lines;
  const { kind, factor = 1, shift, other } = reduction;
  // The tree that joins the lanes halves them: of a number chosen by hand, the power of two below.
  const chosen = device.settings.choose('WORKGROUP', 64, 'one or two subgroups of any GPU');
  const workgroup = 2 ** Math.floor(Math.log2(chosen));
  const lanes = lanesOf(workgroup, lines);
  const perInvocation = device.settings.choose(
    'PER_INVOCATION',
    lanes === 1 ? 64 : 16,
    'longer sums need fewer stages',
  );
  const parts = Math.ceil(axis / (lanes * perInvocation));
  const isLast = parts === 1;
  const partial = isLast ? output : device.empty([outer, parts, inner], output.dtype);
  const count = outer * parts * inner;
  const { grid, constants } = wrappedGrid(device, Math.ceil(count / (workgroup / lanes)));
  const size = outer * axis * inner;
  device.dispatch({
    kernel,
    constants: {
      AXIS: axis,
      INNER: inner,
      LENGTH: candidates?.length ?? axis,
      PARTS: parts,
      COUNT: count,
      LANES: lanes,
      PER_INVOCATION: perInvocation,
      WORKGROUP: workgroup,
      ...constants,
      FACTOR: isLast ? factor : 1,
    },
    conditions: {
      rows: inner === 1,
      maximum: kind === 'maximum',
      argmax: kind === 'argmax',
      exponential: shift !== undefined,
      product: other !== undefined,
      later: candidates !== undefined,
    },
    bindings: {
      x,
      partial,
      ...(shift ? { shift } : {}),
      ...(other ? { other } : {}),
      ...(candidates ? { candidates: candidates.indices } : {}),
    },
    grid,
    cost: { flops: size, bytes: 4 * (size + count) },
  });
  if (isLast) return output;
  const rest = { outer, axis: parts, inner };
  if (kind !== 'argmax') return reduceLines(partial, rest, { kind, factor }, output);
  const length = candidates?.length ?? axis;
  return reduceLines(x, rest, reduction, output, { indices: partial, length });
}

/** Gives every element of a line factor·dy, or with indices only the one that they name; the others get zero. */
export function spreadLines(
  dy: Tensor,
  lines: Lines,
  { factor = 1, index }: { factor?: number; index?: Tensor },
  dx: Tensor,
): Tensor {
  const { grid, constants, conditions } = lineGrid(dx.device, lines, !index);
  dx.device.dispatch({
    kernel: spreadKernel,
    constants: { ...constants, FACTOR: factor },
    conditions: { ...conditions, chosen: index !== undefined },
    bindings: { dy, dx, ...(index ? { index } : {}) },
    grid,
    cost: { flops: dx.size, bytes: 4 * dx.size },
  });
  return dx;
}
