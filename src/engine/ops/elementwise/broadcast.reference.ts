import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import type { Shape } from '../../core/shape.ts';

/** Element by element what `combine` makes of the elements that numpy's rules of broadcasting bring together. */
export function broadcastReference(
  arrays: readonly ReferenceArray[],
  combine: (elements: readonly number[]) => number,
): ReferenceArray {
  const rank = Math.max(...arrays.map(({ shape }) => shape.length));
  const padded = arrays.map(({ shape }) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  const shape = Array.from({ length: rank }, (_, axis) =>
    Math.max(...padded.map((extents) => extents[axis]!)),
  );
  return referenceArray(shape, (i) => {
    const indices = indicesOf(i, shape);
    return combine(arrays.map(({ data }, k) => data[offsetOf(indices, padded[k]!)]!));
  });
}

/** The index along every axis of an element of a row-major array. */
function indicesOf(element: number, shape: Shape): number[] {
  const indices = [];
  for (const extent of [...shape].reverse()) {
    indices.unshift(element % extent);
    element = Math.floor(element / extent);
  }
  return indices;
}

function offsetOf(indices: readonly number[], shape: Shape): number {
  return shape.reduce((offset, extent, axis) => offset * extent + (extent === 1 ? 0 : indices[axis]!), 0);
}
