import type { AugmentOptions } from '../../engine/ops/images/augment_options.ts';
import type { Augmentation } from '../nets/build.ts';
import type { TrainingConfig } from './config/config.ts';

/** What a configuration asks of `augmentImages`, and then of `imageBatch`. */
export function batchChanges({ augmentation, data }: Pick<TrainingConfig, 'augmentation' | 'data'>) {
  const { mirror, shift, randomCrop, crop, lowResolution, photometric, erase } = augmentation;
  const place: Required<Augmentation> = {
    mirror: mirror ? 'random' : 'never',
    shift,
    crop: data.cropSize && randomCrop ? 'random' : 'centre',
  };
  return { changes: { crop, lowResolution, photometric, erase } satisfies AugmentOptions, place };
}
