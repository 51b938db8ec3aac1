import type { LossSettings } from '../losses/loss.ts';
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
  const { classSampling }: LossSettings = loss;
  const momentum = optimiser.momentum > 0 ? 1 : 0;
  return {
    netParameters,
    classes,
    featureSize: output[0]!,
    batchSize,
    sampling: classSampling?.rate ?? 1,
    optimiserStates: optimiser.name === 'sgd' ? momentum : 2,
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
