/** What figures 2 and 3 share: a net with features of two numbers, trained on MNIST with plain softmax. */

import fs from 'node:fs';
import * as Plot from '@observablehq/plot';
import type { LegendEntry } from '../../common/plot-frame.node.ts';
import type { Point2 } from '../../common/vectors.ts';
import { type Dataset, subset } from '../data/dataset.ts';
import { openDataset } from '../data/open.node.ts';
import { findWeights } from '../training/checkpoint/checkpoint.node.ts';
import { readWeights } from '../training/checkpoint/read-checkpoint.node.ts';
import type { TrainingConfigInput } from '../training/config/config.ts';
import type { ExperimentRunner } from './experiment-runner.node.ts';
import { labels, tenColors } from './plane.node.ts';
import { type LabelledPoints, shareCorrect, summarise } from './plane-features.ts';

/** A trained net's features and its last layer. */
export interface Toy {
  /** Features of the training images. */
  readonly training: LabelledPoints;
  /** Class weights. */
  readonly weights: readonly Point2[];
  /** Zeros without a bias. */
  readonly bias: readonly number[];
  /** Share of the training images, and of images not trained on, whose class has the largest logit. */
  readonly trainingAccuracy: number;
  readonly testAccuracy: number;
}

interface ToyImages {
  readonly description: string;
  /** Name of the data set to train on. */
  readonly training: string;
  openTest(): Promise<Dataset>;
}

/** Images for training where MNIST's own training files are missing and its test set is divided. */
const divided = 9000;
/** Of each generated person that takes the place of a digit. */
const generated = { training: 200, test: 20 };

/** MNIST; its test set divided in two where there are no training files; or generated people in place of digits. */
export function toyImages({ data: { mnist } }: ExperimentRunner): ToyImages {
  if (mnist === undefined) {
    const people = (samples: number) => `generated:identities=10,samples=${samples},seed=1`;
    return {
      description:
        `MNIST was not found, so ten generated people take the place of the digits: ${generated.training} images of each ` +
        `for training and ${generated.test} others for the test`,
      training: people(generated.training),
      openTest: async () => {
        const all = await openDataset(people(generated.training + generated.test));
        return subset(
          all,
          ({ source }) => source.kind === 'generated' && source.sample >= generated.training,
        );
      },
    };
  }
  if (fs.readdirSync(mnist).some((name) => name.startsWith('train-images')))
    return {
      description: 'MNIST',
      training: `mnist:${mnist},part=train`,
      openTest: () => openDataset(`mnist:${mnist},part=t10k`),
    };
  return {
    description: `MNIST's test set, because its training set was not found: the first ${divided} digits for training, the others for the test`,
    training: `mnist:${mnist},part=t10k,first=0,count=${divided}`,
    openTest: () => openDataset(`mnist:${mnist},part=t10k,first=${divided}`),
  };
}

/** The LeNet of Fig. 2, briefly; with `--preset full` LeNets++ with its authors' solver (docs/reference.md#mnist-nets). */
function toyConfig(runner: ExperimentRunner, bias: boolean, seed: number): TrainingConfigInput {
  const shared: TrainingConfigInput = {
    seed,
    data: { path: toyImages(runner).training },
    augmentation: { mirror: false },
  };
  return runner.pick<TrainingConfigInput>({
    quick: {
      ...shared,
      net: 'mnist-lenet',
      loss: { name: 'softmax', bias, decayMultiplier: 0 },
      optimiser: { learningRate: 0.02, momentum: 0.9, weightDecay: 5e-4 },
      schedule: { kind: 'multistep', milestones: [0.7], warmupSteps: 50 },
      batchSize: 64,
      steps: 500,
      checkpoint: { everySteps: 0 },
    },
    full: {
      ...shared,
      net: 'lenets-plus-plus',
      loss: { name: 'softmax', bias },
      optimiser: { learningRate: 0.01, momentum: 0.9, weightDecay: 5e-4 },
      schedule: { kind: 'multistep', milestones: [5000, 8000], gamma: 0.8 },
      batchSize: 128,
      steps: 10_000,
      checkpoint: { everySteps: 1000 },
    },
  });
}

/** What was trained, for the text of a figure. */
export function describeToy(runner: ExperimentRunner): string {
  const { net, steps, batchSize } = toyConfig(runner, false, 1);
  return `Net ${net} with two features, ${steps} steps of ${batchSize} images. Images: ${toyImages(runner).description}.`;
}

/** Features that are drawn, at most: 100 batches of 128 (draw/figure2/get_feature.m of happynear/NormFace). */
const drawn = 12_800;

export async function trainToy(
  runner: ExperimentRunner,
  { bias, seed }: { bias: boolean; seed: number },
): Promise<Toy> {
  const run = await runner.train(toyConfig(runner, bias, seed), bias ? 'mnist-bias' : 'mnist-softmax');
  const stored = readWeights(findWeights(run.checkpoint)).weights;
  const matrix = stored.get('loss.weight')!.data as Float32Array;
  const weights = points2(matrix);
  const offsets = bias ? Array.from(stored.get('loss.bias')!.data as Float32Array) : weights.map(() => 0);
  const features = async (dataset: Dataset, most: number): Promise<LabelledPoints> => {
    // Evenly spread over the data set, whose samples are sorted by class.
    const count = Math.min(most, dataset.samples.length);
    const indices = Uint32Array.from({ length: count }, (_, i) =>
      Math.floor((i * dataset.samples.length) / count),
    );
    const { values } = await runner.features(run, dataset, indices);
    return {
      points: points2(values),
      labels: Array.from(indices, (index) => dataset.samples[index]!.identity),
    };
  };
  const training = await features(run.data.dataset, drawn);
  const test = await features(await toyImages(runner).openTest(), Number.POSITIVE_INFINITY);
  return {
    training,
    weights,
    bias: offsets,
    trainingAccuracy: shareCorrect(training, weights, offsets),
    testAccuracy: shareCorrect(test, weights, offsets),
  };
}

function points2(values: ArrayLike<number>): Point2[] {
  return Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i]!, values[2 * i + 1]!]);
}

/** All features as small dots; later classes must not hide earlier ones, so they are drawn in the order of a fixed shuffle. */
export function featureDots({ points, labels }: LabelledPoints): Plot.Markish {
  const order = points.map((_, i) => i).sort((i, j) => ((i * 7919) % 10_007) - ((j * 7919) % 10_007));
  return Plot.dot(order, {
    x: (i: number) => points[i]![0],
    y: (i: number) => points[i]![1],
    r: 1.6,
    fill: (i: number) => tenColors[labels[i]!],
    fillOpacity: 0.75,
  });
}

export const digitLegend: readonly LegendEntry[] = tenColors.map((color, k) => ({
  name: String(k),
  color,
  symbol: 'dot',
}));

/** The digits written at the end of their features, so that colours need not be told apart. */
export function digitNames({ points, labels: digits }: LabelledPoints): Plot.Markish {
  const places = summarise({ points, labels: digits }).map(({ label, mean, meanNorm }) => {
    const farthest = points.reduce(
      (most, point, i) => (digits[i] === label ? Math.max(most, Math.hypot(...point)) : most),
      0,
    );
    const scale = (1.06 * farthest) / meanNorm;
    return { at: [scale * mean[0], scale * mean[1]] as const, text: String(label) };
  });
  return labels(places, { fontStyle: 'normal', fontWeight: 600 });
}
