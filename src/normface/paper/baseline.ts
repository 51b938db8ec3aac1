/** The softmax baseline on faces that several experiments start from; each output folder trains it once. */

import type { TrainingConfigInput } from '../training/config/config.ts';
import type { ExperimentRunner } from './experiment-runner.node.ts';

/** Faces of the quick baseline; people with higher numbers are strangers to it. */
export const generatedPeople = 160;

/**
 * Quick and medium: the net `tiny` on generated faces. Full: the Center Face ResNet on CASIA with the schedule of its authors (docs/reference.md#schedules),
 * or for fewer steps on LFW or generated faces.
 */
export function baselineConfig(runner: ExperimentRunner): TrainingConfigInput {
  const { casia } = runner.data;
  const softmax = { name: 'softmax' } as const;
  if (runner.preset !== 'full')
    return {
      net: 'tiny',
      data: { path: `generated:identities=${generatedPeople},samples=16,seed=1`, imageSize: [56, 48] },
      loss: softmax,
      optimiser: { learningRate: 0.05, momentum: 0.9, weightDecay: 5e-4 },
      schedule: { kind: 'multistep', milestones: [0.5, 0.8] },
      batchSize: 32,
      epochs: 5,
      augmentation: { mirror: true, shift: 2 },
      checkpoint: { everySteps: 0 },
    };
  if (casia !== undefined)
    return {
      net: 'center-face-resnet',
      data: { path: casia, minimumImages: 10, imageSize: [112, 96] },
      loss: softmax,
      optimiser: { learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4 },
      schedule: { kind: 'multistep', milestones: [16_000, 24_000] },
      batchSize: 256,
      steps: 28_000,
      checkpoint: { everySteps: 1000 },
    };
  return {
    net: 'center-face-resnet',
    data: runner.faces([112, 96]).data,
    loss: softmax,
    optimiser: { learningRate: 0.02, momentum: 0.9, weightDecay: 5e-4 },
    schedule: { kind: 'multistep', milestones: [0.5, 0.8], warmupSteps: 200 },
    batchSize: 64,
    epochs: 20,
    checkpoint: { everySteps: 1000 },
  };
}

/** What the baseline was trained on, for the text of an experiment. */
export function describeBaseline(runner: ExperimentRunner): string {
  const { net } = baselineConfig(runner);
  if (runner.preset !== 'full')
    return `net ${net}, softmax on generated faces of ${generatedPeople} people, ${16 * generatedPeople} images`;
  if (runner.data.casia !== undefined) return `net ${net}, softmax on CASIA-WebFace`;
  return `net ${net}, softmax on ${runner.faces().description}`;
}
