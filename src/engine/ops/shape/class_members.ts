import source from '../../../shaders/shape/class_members.wesl';
import type { Tensor } from '../../core/tensor.ts';

const kernel = { name: 'class_members', source };

/**
 * The samples of every class as lists, for sums over them in the order of the samples. Takes n² comparisons.
 *
 * @param labels [n] u32; a larger one counts as the last class
 * @returns [n, 2]: the next sample of the same class, or n; and how many there are, 0 for all but the first of a class
 */
export function classMembers(labels: Tensor, classes: number): Tensor {
  const { device, size: n } = labels;
  const members = device.empty([n, 2], 'u32');
  device.dispatch({
    kernel,
    constants: { SAMPLES: n, CLASSES: classes, WORKGROUP: 64 },
    bindings: { labels, members },
    grid: [Math.ceil(n / 64), 1, 1],
    cost: { flops: n * n, bytes: 12 * n },
  });
  return members;
}
