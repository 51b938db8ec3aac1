/**
 * The sketch of Figure 6: two overlapping classes of fixed features on the sphere, and agents that a loss moves. In the paper they start
 * at the centres of their classes; here they start somewhere, so that it is seen where they go.
 */

import { Parameters } from '../../engine/core/parameters.ts';
import type { Device, Tensor } from '../../engine/core/tensor.ts';
import type { LossWithStatistics } from '../../engine/ops/heads/statistics.ts';
import { SGD } from '../../engine/optim/sgd.ts';
import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import { twoClasses } from '../../normface/paper/two-classes.ts';
import { createHead, type Head, runStep } from '../../normface/training/head.ts';
import type { StepMetrics } from '../../normface/training/loop.ts';
import { lossChoice } from './choices.ts';
import type { Embedding } from './embedding.ts';
import type { LiveLearner } from './learner.ts';
import { configOf, type Setup } from './setup.ts';

export class ClusterLearner implements LiveLearner {
  readonly batchSize: number;
  readonly parameterCount: number;
  readonly lossTitle: string;
  private readonly setup: Setup;
  private readonly points: Float32Array;
  private readonly classes: readonly number[];
  private readonly head: Head;
  private readonly parameters: Parameters;
  private readonly optimiser: SGD;
  private readonly features: Tensor;
  private readonly labels: Tensor;
  private readonly captured: CapturedStep<LossWithStatistics>;
  private done = 0;

  constructor(device: Device, setup: Setup) {
    const { features, labels } = twoClasses({ seed: setup.seed });
    this.setup = setup;
    this.classes = labels;
    this.points = Float32Array.from(features.flat());
    this.batchSize = labels.length;
    this.lossTitle = lossChoice(setup.loss).title;
    const { loss, seed } = configOf(setup, { width: 28, height: 28, mirrored: false });
    const size = { device, classes: 2, featureSize: 3, batchSize: labels.length, seed };
    this.head = createHead('loss', loss, size);
    this.parameters = new Parameters(device, this.head.declarations);
    this.parameterCount = this.parameters.count;
    this.optimiser = new SGD(this.parameters, { learningRate: setup.learningRate, momentum: 0 });
    this.features = device.tensor(this.points, [labels.length, 3]);
    this.labels = device.tensor(labels, [labels.length], 'u32');
    this.captured = device.capture(() => {
      const outputs = this.head.apply(this.features, this.labels, this.parameters);
      outputs.loss.backward();
      this.optimiser.step();
      return outputs;
    });
  }

  get steps(): number {
    return this.done;
  }

  prepare(onProgress?: (done: number, total: number) => void): Promise<void> {
    return this.captured.compile(onProgress);
  }

  async step(learningRate: number): Promise<StepMetrics> {
    this.optimiser.learningRate = learningRate;
    const metrics = await runStep(this.captured, this.head);
    this.done++;
    return metrics;
  }

  async embed(): Promise<Embedding> {
    const { loss } = this.setup;
    return {
      step: this.done,
      dimension: 3,
      features: this.points,
      labels: this.classes,
      heldOut: this.classes.map(() => false),
      agents: await this.parameters.get('loss.weight').readFloats(),
      bias: loss === 'softmax-bias' ? await this.parameters.get('loss.bias').readFloats() : null,
      cosine: lossChoice(loss).cosine,
    };
  }

  dispose(): void {
    this.captured.dispose();
    this.head.dispose?.();
    this.features.dispose();
    this.labels.dispose();
    this.optimiser.dispose();
    this.parameters.dispose();
  }
}
