import { describeNet } from '../nets/describe.ts';
import { netOf } from '../nets/index.ts';
import { inputSize, type TrainingConfig } from '../training/config/config.ts';
import type { TrainingSize } from './plan.ts';

/** What a configuration trains, in numbers. @param classes people */
export function trainingSize(config: TrainingConfig, classes: number): TrainingSize {
  const { net, data, batchSize, loss, auxiliaryLoss, optimiser, ranks } = config;
  const design = netOf(net);
  const {
    parameters: netParameters,
    output,
    layers,
  } = describeNet(design, [...inputSize(data), design.input[2]]);
  return {
    netParameters,
    classes,
    featureSize: output[0]!,
    batchSize,
    // SGD keeps a velocity even where the momentum is 0.
    optimiserStates: optimiser.name === 'sgd' ? 1 : 2,
    loss,
    auxiliaryLoss,
    sharedNorms: ranks.syncBatchNorm
      ? layers.filter(({ kind }) => kind === 'batchNorm').map((layer) => layer.output.at(-1)!)
      : [],
    gradientBytes: ranks.gradients === 'f16' ? 2 : 4,
    // A loss scale asks for the norm of all gradients, too.
    clips: optimiser.clipNorm !== undefined || config.precision === 'f16',
  };
}
