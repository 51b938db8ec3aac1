import source from '../../shaders/runtime/check_labels.wesl';
import { LabelError } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import { workgroupSize } from '../tuning/grid.ts';
import { clear } from './debug-trap.ts';

const kernel = { name: 'check_labels', source };

/** `classes`, or fewer where a tensor says how many of them are in use. */
export interface LabelRange {
  readonly classes: number;
  readonly classesInUse?: Tensor;
  /** What the labels number, for the message. Default classes. */
  readonly of?: 'classes' | 'rows' | 'pictures';
}

/** Sets a finding [3] to the serial number, the largest label outside the range, and the number of classes, if there is one. */
export function checkLabelRange(
  labels: Tensor,
  { classes, classesInUse }: LabelRange,
  serial: Tensor,
  finding: Tensor,
): void {
  const { device, size } = labels;
  const workgroup = workgroupSize(device);
  device.dispatch({
    kernel,
    constants: { COUNT: size, CLASSES: classes, WORKGROUP: workgroup, CLEAR: clear },
    conditions: { partial: classesInUse !== undefined },
    bindings: { labels, serial, finding, ...(classesInUse ? { classes_in_use: classesInUse } : {}) },
    grid: [Math.ceil(size / workgroup), 1, 1],
    cost: { flops: 0, bytes: labels.bytes },
  });
}

/** @throws LabelError if a label is not below `classes` */
export function refuseLabels(labels: ArrayLike<number>, classes: number): void {
  for (let i = 0; i < labels.length; i++) {
    if (!(labels[i]! < classes)) throw labelError(labels[i]!, classes);
  }
}

/**
 * @param operator what got the label, if one knows
 * @param of what the label numbers
 */
export function labelError(
  label: number,
  classes: number,
  operator?: string,
  of: LabelRange['of'] = 'classes',
): LabelError {
  const [one, each] = of === 'classes' ? ['class', 'label'] : [of.slice(0, -1), 'index'];
  const which =
    classes === 1
      ? `there is 1 ${one}, with ${each} 0`
      : `there are ${classes} ${of}, with ${each === 'label' ? 'labels' : 'indices'} 0 to ${classes - 1}`;
  return new LabelError(
    `${operator ? `${operator}: ` : ''}the ${each} ${label} is outside the ${of}: ${which}`,
  );
}
