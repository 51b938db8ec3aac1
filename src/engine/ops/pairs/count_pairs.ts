import source from '../../../shaders/pairs/pair_score_histogram.wesl';
import type { Tensor } from '../../core/tensor.ts';
import { workgroupSize } from '../../tuning/grid.ts';

const kernel = { name: 'pair_score_histogram', source };

/** Number of values of half a key: an unsigned number of 32 bits in the order of the f32 scores. */
export const halfKeys = 65536;

/**
 * Adds the pairs of one tile of scores to counts by halves of their keys; see the kernel for the bindings.
 * @param lower whether the lower half is counted, of those scores whose upper half is selected
 */
export function countPairs(
  bindings: Readonly<Record<'scores' | 'labels' | 'tile' | 'selection' | 'counts', Tensor>>,
  lower: boolean,
): void {
  const { scores } = bindings;
  const side = scores.shape[0]!;
  scores.device.dispatch({
    kernel,
    constants: { SIDE: side, WORKGROUP: workgroupSize(scores.device) },
    conditions: { lower },
    bindings,
    grid: [side, 1, 1],
    cost: { flops: 0, bytes: scores.bytes },
  });
}
