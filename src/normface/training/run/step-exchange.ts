import { allReduceAsHalf } from '../../../engine/distributed/half.ts';
import type { TrainingGroup } from '../../distributed/training-group.ts';
import type { TrainingConfig } from '../config/config.ts';
import type { StepExchange } from '../model.ts';

/** How the ranks of a group do a step of a configuration together. */
export function stepExchange(group: TrainingGroup, { ranks }: Pick<TrainingConfig, 'ranks'>): StepExchange {
  const { gradients, bucketMegabytes } = ranks;
  return {
    communicator: group.ranks,
    group,
    bucketBytes: bucketMegabytes * 1e6,
    ...(gradients === 'f16' && {
      // What overflows is infinite on all ranks, and the next loss tells.
      addUp: async (values, communicator) => void (await allReduceAsHalf(communicator, values)),
    }),
  };
}
