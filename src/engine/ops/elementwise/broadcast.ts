import { check, formatShape } from '../../core/errors.ts';
import type { Shape } from '../../core/shape.ts';
import type { Device } from '../../core/tensor.ts';
import { elementGrid } from '../../tuning/grid.ts';

/** What shaders/lib/broadcast has places for. */
const mostAxes = 6;

/**
 * The shape that shapes broadcast to, as in numpy: they are aligned at their last dimensions, and a dimension that is missing or has
 * extent 1 takes the extent of the others.
 *
 * @throws ShapeError if two extents of a dimension differ and neither is 1
 */
export function broadcastShape(operator: string, shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const extent = Math.max(...extents);
    check(
      extents.every((one) => one === extent || one === 1),
      operator,
      () =>
        `the shapes ${shapes.map(formatShape).join(' and ')} do not broadcast: aligned at their last dimensions, extents must be equal or 1`,
    );
    return extent;
  });
}

/** Elements from one index of the output to the next in a tensor that is broadcast to it: 0 along what it lacks. */
export function broadcastStrides(shape: Shape, output: Shape): number[] {
  let stride = 1;
  return output
    .map((_, fromEnd) => {
      const extent = shape[shape.length - 1 - fromEnd] ?? 1;
      const own = extent === 1 ? 0 : stride;
      stride *= extent;
      return own;
    })
    .reverse();
}

/** An axis of a walk over elements, and how far each tensor moves along it. */
interface Axis {
  readonly extent: number;
  readonly strides: readonly number[];
}

/** Grid, constants and conditions of a walk by shaders/lib/elements and shaders/lib/broadcast. */
export interface BroadcastWalk {
  readonly grid: readonly [number, number, number];
  readonly constants: Readonly<Record<string, number>>;
  readonly conditions: Readonly<Record<string, boolean>>;
}

/**
 * A walk over all elements of a shape, its last axis the innermost.
 *
 * @param tensors the tensors that are read on the way by their names in the kernel, with their strides along the axes
 */
export function broadcastWalk(
  device: Device,
  operator: string,
  extents: Shape,
  tensors: Readonly<Record<string, readonly number[]>>,
): BroadcastWalk {
  const names = Object.keys(tensors);
  const axes = merged(
    extents.map((extent, k) => ({ extent, strides: names.map((name) => tensors[name]![k]!) })),
  );
  check(
    axes.length <= mostAxes,
    operator,
    () =>
      `broadcasting changes from axis to axis more often than the ${mostAxes - 1} times that kernels are made for`,
  );
  const last = axes.at(-1)!;
  const isEven = names.every(
    (_, t) =>
      last.strides[t] === 0 ||
      (last.strides[t] === 1 && axes.every((axis) => axis === last || axis.strides[t]! % 4 === 0)),
  );
  const size = axes.reduce((product, { extent }) => product * extent, 1);
  const { grid, constants, conditions } = elementGrid(device, size, isEven ? last.extent : 1);
  const width = conditions.vec4 ? 4 : 1;
  const counts = axes.map((axis) => (axis === last ? axis.extent / width : axis.extent));
  const spans = counts.map((_, k) => counts.slice(k + 1).reduce((product, count) => product * count, 1));
  const flags: Record<string, boolean> = {};
  const numbers: Record<string, number> = {};
  for (const [t, name] of names.entries()) {
    const isSplat = last.strides[t] === 0 && size > 1;
    // In vectors, where it goes by them.
    const strides = axes.map(({ strides }, k) =>
      isSplat || k === axes.length - 1 ? strides[t]! : strides[t]! / width,
    );
    if (size === 1 || strides.every((stride, k) => stride === spans[k])) continue;
    flags[`${name}_strided`] = true;
    if (isSplat) flags[`${name}_splat`] = true;
    for (let k = 0; k < mostAxes; k++) numbers[`${name.toUpperCase()}_${k}`] = strides[k] ?? 0;
  }
  if (Object.keys(flags).length > 0) {
    for (let k = 0; k < mostAxes; k++) numbers[`SPAN_${k}`] = spans[k] ?? 1;
    for (let k = 1; k < mostAxes; k++) numbers[`EXTENT_${k}`] = counts[k] ?? 1;
  }
  return { grid, constants: { ...constants, ...numbers }, conditions: { ...conditions, ...flags } };
}

/** The same walk with as few axes as possible: those of extent 1 left out, neighbours joined that every tensor walks in one go. */
function merged(axes: readonly Axis[]): Axis[] {
  const result: Axis[] = [];
  for (const axis of axes) {
    if (axis.extent === 1) continue;
    const outer = result.at(-1);
    const isOne = outer?.strides.every((stride, t) => stride === axis.strides[t]! * axis.extent);
    if (outer && isOne)
      result[result.length - 1] = { extent: outer.extent * axis.extent, strides: axis.strides };
    else result.push(axis);
  }
  return result.length > 0 ? result : [{ extent: 1, strides: axes[0]?.strides ?? [] }];
}
