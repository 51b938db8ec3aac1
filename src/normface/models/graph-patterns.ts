/** Joins of a graph that are one layer here. */

import type { SampleShape } from '../nets/layer.ts';
import type { Part } from './graph-parts.ts';
import type { ModelNode, Operation } from './model-file.ts';

/** A node whose operation is of some kinds. */
export type NodeOf<Kind extends Operation['kind']> = ModelNode & {
  readonly operation: Extract<Operation, { kind: Kind }>;
};

const isKind = <Kind extends Operation['kind']>(
  node: ModelNode | undefined,
  ...kinds: readonly Kind[]
): node is NodeOf<Kind> => node !== undefined && kinds.some((kind) => node.operation.kind === kind);

/** Whether an operation takes the mean of all pixels. */
export const isWholeImage =
  ([height, width]: SampleShape) =>
  ({ operation }: ModelNode): boolean =>
    operation.kind === 'globalAveragePool' ||
    (operation.kind === 'averagePool' &&
      operation.kernel[0] === height &&
      operation.kernel[1] === width &&
      operation.padding.every((side) => side === 0) &&
      !operation.same);

/**
 * How many equal parts of the channels a maximum is taken of, or undefined where it is of something else. The maximum of three may be
 * written as one of two within another.
 */
export function slicedParts({ branches }: Part, channels: number): number | undefined {
  const slices = sliced(branches)?.sort((a, b) => a.begin - b.begin);
  if (!slices || slices.length < 2) return undefined;
  const width = channels / slices.length;
  const areEqual = slices.every(({ begin, end }, i) => begin === i * width && end === (i + 1) * width);
  return areEqual ? slices.length : undefined;
}

function sliced(branches: Part['branches']): Extract<Operation, { kind: 'channels' }>[] | undefined {
  const found = branches.map((parts) => {
    const [only, second] = parts;
    if (only === undefined || second !== undefined) return undefined;
    const { operation } = only.node;
    if (operation.kind === 'channels') return [operation];
    return operation.kind === 'maximum' ? sliced(only.branches) : undefined;
  });
  return found.every((slices) => slices !== undefined) ? found.flat() : undefined;
}

/** The nodes of σ(W₂ δ(W₁ mean)). */
interface Gate {
  readonly reduce: NodeOf<'conv' | 'fullyConnected'>;
  readonly activation: NodeOf<'relu' | 'prelu'>;
  readonly expand: NodeOf<'conv' | 'fullyConnected'>;
}

/** The gate of a product x · σ(W₂ δ(W₁ mean(x))), or undefined where it is another one (Hu et al., arXiv 1709.01507, equations 2 to 4). */
export function squeezeExciteOf({ branches }: Part, isMean: (node: ModelNode) => boolean): Gate | undefined {
  const [gate, ...others] = branches.filter((parts) => parts.length > 0);
  if (branches.length !== 2 || !gate || others.length > 0 || gate.some((part) => part.branches.length > 0))
    return undefined;
  const [mean, reduce, activation, expand, sigmoid, more] = gate
    .map(({ node }) => node)
    .filter((node) => !isKind(node, 'flatten', 'reshape'));
  return mean &&
    isMean(mean) &&
    isKind(reduce, 'conv', 'fullyConnected') &&
    isKind(activation, 'relu', 'prelu') &&
    isKind(expand, 'conv', 'fullyConnected') &&
    isKind(sigmoid, 'sigmoid') &&
    more === undefined
    ? { reduce, activation, expand }
    : undefined;
}
