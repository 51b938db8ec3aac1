import { check, formatShape } from './errors.ts';

/** Extents of the dimensions, the outermost first. A scalar is `[]`. */
export type Shape = readonly number[];

/** Elements of a tensor of this shape: the product of the extents, 1 for a scalar. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Throws unless every extent is a positive integer. A scalar is `[]`. */
export function checkShape(shape: Shape, operator: string): void {
  check(
    Array.isArray(shape),
    operator,
    () => `a shape is a list of extents, such as [2, 3], not ${String(shape)}`,
  );
  check(
    shape.every((extent) => Number.isInteger(extent) && extent > 0),
    operator,
    () => `every extent of a shape is a positive integer, not ${formatShape(shape)}`,
  );
}
