/** Tensors as text. */

import { formatShape } from './errors.ts';
import type { Shape } from './shape.ts';

/** The name of the method that Node, Deno and Bun print an object by. */
export const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** More entries of a dimension than this are shown by its first and last ones. */
const most = 8;
const edge = 3;

/** What the text about a tensor tells. */
interface Described {
  readonly shape: Shape;
  readonly dtype: string;
  readonly bytes: number;
  readonly device: {
    readonly report: { readonly description: string; readonly device: string; readonly vendor: string };
  };
  readonly node: { readonly operator: string } | null;
  readonly requiresGradient: boolean;
  readonly isDisposed: boolean;
}

/** `Tensor [2, 3] f32, 24 bytes on llvmpipe, wants a gradient; its values: await tensor.format()`, without waiting for the device. */
export function describeTensor({
  shape,
  dtype,
  bytes,
  device,
  node,
  requiresGradient,
  isDisposed,
}: Described): string {
  const { description, device: name, vendor } = device.report;
  const facts = [
    `Tensor ${formatShape(shape)} ${dtype}`,
    `${bytes} bytes on ${name || description || vendor}`,
    ...(node ? [`made by ${node.operator}`] : requiresGradient ? ['wants a gradient'] : []),
  ];
  return `${facts.join(', ')}; ${isDisposed ? 'disposed of' : 'its values: await tensor.format()'}`;
}

/** Numbers in nested brackets, long dimensions by their first and last entries: `[[1, 2, 3], [4, 5, 6]]`. */
export function formatValues(data: ArrayLike<number>, shape: Shape): string {
  const text = (value: number): string =>
    Number.isInteger(value) && Math.abs(value) < 1e7 ? String(value) : String(Number(value.toPrecision(5)));
  const walk = (dimension: number, offset: number): string => {
    if (dimension === shape.length) return text(data[offset]!);
    const extent = shape[dimension]!;
    const stride = shape.slice(dimension + 1).reduce((product, next) => product * next, 1);
    const entry = (i: number): string => walk(dimension + 1, offset + i * stride);
    const range = (first: number, end: number): string[] =>
      Array.from({ length: end - first }, (_, i) => entry(first + i));
    const entries =
      extent <= most ? range(0, extent) : [...range(0, edge), '…', ...range(extent - edge, extent)];
    const innermost = dimension === shape.length - 1;
    return `[${entries.join(innermost ? ', ' : `,\n${' '.repeat(dimension + 1)}`)}]`;
  };
  return walk(0, 0);
}
