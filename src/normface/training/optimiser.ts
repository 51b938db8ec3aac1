/** The optimiser that a configuration asks for. */

import type { Parameters } from '../../engine/core/parameters.ts';
import { Adam, AdamW } from '../../engine/optim/adam.ts';
import type { LossScale } from '../../engine/optim/loss_scale.ts';
import type { Optimiser } from '../../engine/optim/optimiser.ts';
import { SGD } from '../../engine/optim/sgd.ts';
import type { GradientExchange } from '../../engine/optim/shared_gradients.ts';
import type { TrainingConfig } from './config/config.ts';

export function createOptimiser(
  parameters: Parameters,
  config: TrainingConfig['optimiser'],
  ranks: GradientExchange | null,
  lossScale: LossScale | null,
): Optimiser {
  const { name, momentum, nesterov, ...settings } = config;
  const options = { ...settings, lossScale, ...(ranks && { ranks }) };
  switch (name) {
    case 'sgd':
      return new SGD(parameters, { ...options, momentum, nesterov });
    case 'adam':
      return new Adam(parameters, options);
    case 'adamw':
      return new AdamW(parameters, options);
  }
}
