import structs from '../../../shaders/lib/entry_statistics.wesl';
import source from '../../../shaders/reduce/mean_of_entries.wesl';
import type { Tensor } from '../../core/tensor.ts';
import { type LossWithStatistics, statisticNames } from '../heads/statistics.ts';

const kernel = { name: 'mean_of_entries', source };
const names = statisticNames(structs);

/**
 * The mean of all entries, 0 where there are none, and as statistics the cosines (each 0 where the batch has none) and the number of
 * entries. Not recorded in the graph.
 *
 * @param entries [n, 2]: sum of the entries of a sample, and their number
 * @param cosines [n, 4]: sum of its cosines with its own class and their number, the same with other classes
 */
export function meanOfEntries(entries: Tensor, cosines: Tensor): LossWithStatistics {
  const { device } = entries;
  const n = entries.shape[0]!;
  const loss = device.empty([]);
  const values = device.empty([names.length]);
  device.dispatch({
    kernel,
    constants: { SAMPLES: n, WORKGROUP: 32 },
    bindings: { entries, cosines, loss, statistics: values },
    grid: [1, 1, 1],
    cost: { flops: 6 * n, bytes: 24 * n },
  });
  return { loss, statistics: { names, values } };
}
