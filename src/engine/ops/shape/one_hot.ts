import source from '../../../shaders/shape/one_hot.wesl';
import { check, checkArgument } from '../../core/errors.ts';
import { checkOperands } from '../../core/operands.ts';
import { defineOperator, referenceArray } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { elementCount } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { runtimeOf } from '../../runtime/runtime.ts';
import { elementGrid } from '../../tuning/grid.ts';

const kernel = { name: 'one_hot', source };

/** How many classes there are, the last extent of the result. */
export interface OneHotOptions {
  /** Number of classes, from 1. */
  readonly classes: number;
}

const optionNames: OptionNames<OneHotOptions> = { classes: true };

/**
 * For each label a row that is 1 at the label and 0 elsewhere. A label that no class has gives a row of zeros; in debug mode
 * (`checkLabels`) the next read throws a LabelError that names it.
 *
 * @param labels u32 of any shape
 * @returns [...shape of labels, classes] f32
 * @throws ShapeError unless the labels are u32, ArgumentError unless there is a class
 */
export function oneHot(labels: Tensor, options: OneHotOptions): Tensor {
  checkOperands('oneHot', labels);
  checkOptionNames('oneHot', options, optionNames);
  const { classes } = options;
  check(labels.dtype === 'u32', 'oneHot', () => `the labels must be u32, not ${labels.dtype}`);
  checkArgument(
    Number.isInteger(classes) && classes >= 1,
    'oneHot',
    () => `the number of classes must be a whole number from 1, not ${classes}`,
  );
  const { device } = labels;
  runtimeOf(device).checkLabels('oneHot', labels, { classes });
  const y = device.empty([...labels.shape, classes]);
  const { grid, constants } = elementGrid(device, y.size, 1);
  device.within('oneHot', () =>
    device.dispatch({
      kernel,
      constants: { ...constants, CLASSES: classes },
      bindings: { labels, y },
      grid,
      cost: { flops: 0, bytes: 4 * (labels.size + y.size) },
    }),
  );
  return y;
}

export const oneHotOperator = defineOperator<OneHotOptions>({
  name: 'oneHot',
  apply: ([labels], options) => oneHot(labels!, options),
  reference: ([labels], { classes }) =>
    referenceArray([...labels!.shape, classes], (i) =>
      labels!.data[Math.floor(i / classes)] === i % classes ? 1 : 0,
    ),
  cost: ([shape], { classes }) => ({ flops: 0, bytes: 4 * elementCount(shape!) * (1 + classes) }),
  cases: [
    { inputs: [{ shape: [7], kind: 'labels', classes: 5 }], attributes: { classes: 5 } },
    { inputs: [{ shape: [2, 3], kind: 'labels', classes: 4 }], attributes: { classes: 4 } },
    { inputs: [{ shape: [], kind: 'labels', classes: 1 }], attributes: { classes: 1 } },
    // Labels past the classes.
    { inputs: [{ shape: [9], kind: 'labels', classes: 5 }], attributes: { classes: 3 } },
  ],
  misuses: [
    {
      inputs: [{ shape: [3] }],
      attributes: { classes: 2 },
      message: /oneHot: the labels must be u32, not f32/,
    },
    {
      inputs: [{ shape: [3], kind: 'labels' }],
      attributes: { classes: 0 },
      message: /oneHot: the number of classes must be a whole number from 1, not 0/,
    },
  ],
});
