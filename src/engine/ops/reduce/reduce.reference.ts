import { type ReferenceArray, referenceArray } from '../../core/operator.ts';
import type { ReduceOptions } from './lines.ts';

/** What `reduceLine` makes of the numbers along some axes, in row-major order. */
export function reduceReference(
  x: ReferenceArray,
  { axes, keepDims = false }: ReduceOptions,
  reduceLine: (numbers: readonly number[]) => number,
): ReferenceArray {
  const rank = x.shape.length;
  const isReduced = x.shape.map((_, axis) => !axes || axes.includes(axis) || axes.includes(axis - rank));
  const groups = new Map<number, number[]>();
  x.data.forEach((value, i) => {
    let rest = i;
    let group = 0;
    let stride = 1;
    for (let axis = rank - 1; axis >= 0; axis--) {
      const extent = x.shape[axis]!;
      if (!isReduced[axis]) {
        group += (rest % extent) * stride;
        stride *= extent;
      }
      rest = Math.floor(rest / extent);
    }
    const numbers = groups.get(group) ?? [];
    numbers.push(value);
    groups.set(group, numbers);
  });
  const shape = x.shape.flatMap((extent, axis) => (isReduced[axis] ? (keepDims ? [1] : []) : [extent]));
  return referenceArray(shape, (group) => reduceLine(groups.get(group)!));
}
