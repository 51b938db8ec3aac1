import { check, formatShape } from '../../core/errors.ts';
import { checkOperands, checkOptionalOperands } from '../../core/operands.ts';
import type { InputKind, InputSpec } from '../../core/operator.ts';
import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import type { Cost } from '../../runtime/kernel.ts';
import { runtimeOf } from '../../runtime/runtime.ts';
import type { ClassShard } from './class_shard.ts';

/**
 * Labels are compared with the classes in debug mode only.
 *
 * @throws ShapeError unless features, weights, labels and the rest fit together
 */
export function checkHead(
  operator: string,
  features: Tensor,
  weights: Tensor,
  labels: Tensor,
  {
    bias = null,
    classesInUse,
    shard,
  }: { bias?: Tensor | null; classesInUse?: Tensor; shard?: ClassShard | null } = {},
): void {
  checkOperands(operator, features, weights, labels);
  checkOptionalOperands(operator, bias, classesInUse);
  const shapes = (): string =>
    `features ${formatShape(features.shape)}, weights ${formatShape(weights.shape)}`;
  check(
    features.shape.length === 2 && weights.shape.length === 2 && features.shape[1] === weights.shape[1],
    operator,
    () => `features must be [n, d] and weights [classes, d] with the same d, not ${shapes()}`,
  );
  checkLabels(operator, labels, features.shape[0]!);
  check(
    !bias || (bias.shape.length === 1 && bias.size === weights.shape[0]),
    operator,
    () => `bias must be [${weights.shape[0]}], not ${formatShape(bias!.shape)}`,
  );
  for (const tensor of [features, weights, bias]) {
    check(!tensor || tensor.dtype === 'f32', operator, () => `${shapes()} must be f32, not ${tensor!.dtype}`);
  }
  check(
    !classesInUse || (classesInUse.dtype === 'u32' && classesInUse.size === 1),
    operator,
    () => `classesInUse must be one u32, not ${formatShape(classesInUse!.shape)} ${classesInUse!.dtype}`,
  );
  const range = shard ? { classes: shard.classes } : { classes: weights.shape[0]!, classesInUse };
  runtimeOf(labels.device).checkLabels(operator, labels, range);
}

/** @throws ShapeError unless there is a label for each of n samples */
export function checkLabels(operator: string, labels: Tensor, n: number): void {
  check(
    labels.dtype === 'u32' && labels.shape.length === 1 && labels.size === n,
    operator,
    () => `labels must be [${n}] u32, not ${formatShape(labels.shape)} ${labels.dtype}`,
  );
}

/** Sample inputs of a head: features, weights, labels. */
export function headInputs(n: number, classes: number, d: number, kind: InputKind = 'normal'): InputSpec[] {
  return [
    { shape: [n, d], kind },
    { shape: [classes, d], kind },
    { shape: [n], kind: 'labels', classes },
  ];
}

/** Cost of the forward pass of a head. */
export function headCost([features, weights]: readonly Shape[]): Cost {
  const [n, d] = features as readonly [number, number];
  const classes = weights![0]!;
  return { flops: 2 * n * d * classes, bytes: 4 * d * (n + classes) };
}
