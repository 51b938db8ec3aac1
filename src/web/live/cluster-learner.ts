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

/** What it has on the GPU. The optimiser has no momentum, and so no state of its own. */
interface Made {
  readonly head: Head;
  readonly parameters: Parameters;
  readonly optimiser: SGD;
  readonly features: Tensor;
  readonly labels: Tensor;
  readonly captured: CapturedStep<LossWithStatistics>;
}

export class ClusterLearner implements LiveLearner {
  readonly batchSize: number;
  readonly parameterCount: number;
  readonly lossTitle: string;
  private readonly setup: Setup;
  private readonly points: Float32Array;
  private readonly classes: readonly number[];
  private made: Made;
  private done = 0;
  private kept: { readonly weights: ReadonlyMap<string, Float32Array>; readonly done: number } | undefined;

  constructor(device: Device, setup: Setup) {
    const { features, labels } = twoClasses({ seed: setup.seed });
    this.setup = setup;
    this.classes = labels;
    this.points = Float32Array.from(features.flat());
    this.batchSize = labels.length;
    this.lossTitle = lossChoice(setup.loss).title;
    this.made = this.make(device);
    this.parameterCount = this.made.parameters.count;
  }

  private make(device: Device): Made {
    const { setup, classes, points } = this;
    const { loss, seed } = configOf(setup, { width: 28, height: 28, mirrored: false });
    const size = { device, classes: 2, featureSize: 3, batchSize: classes.length, seed };
    const head = createHead('loss', loss, size);
    const parameters = new Parameters(device, head.declarations);
    const optimiser = new SGD(parameters, { learningRate: setup.learningRate, momentum: 0 });
    const features = device.tensor(points, [classes.length, 3]);
    const labels = device.tensor(classes, [classes.length], 'u32');
    const captured = device.capture(() => {
      const outputs = head.apply(features, labels, parameters);
      outputs.loss.backward();
      optimiser.step();
      return outputs;
    });
    return { head, parameters, optimiser, features, labels, captured };
  }

  get steps(): number {
    return this.done;
  }

  prepare(onProgress?: (done: number, total: number) => void): Promise<void> {
    return this.made.captured.compile(onProgress);
  }

  async step(learningRate: number): Promise<StepMetrics> {
    const { optimiser, captured, head } = this.made;
    optimiser.learningRate = learningRate;
    const metrics = await runStep(captured, head);
    this.done++;
    return metrics;
  }

  async embed(): Promise<Embedding> {
    const { loss } = this.setup;
    const { parameters } = this.made;
    return {
      step: this.done,
      dimension: 3,
      features: this.points,
      labels: this.classes,
      heldOut: this.classes.map(() => false),
      agents: await parameters.get('loss.weight').readFloats(),
      bias: loss === 'softmax-bias' ? await parameters.get('loss.bias').readFloats() : null,
      cosine: lossChoice(loss).cosine,
    };
  }

  async keep(): Promise<void> {
    const { done } = this;
    this.kept = { weights: await this.made.parameters.readAll(), done };
  }

  moveTo(device: Device): void {
    this.dispose();
    this.made = this.make(device);
    this.done = this.kept?.done ?? 0;
    for (const [name, values] of this.kept?.weights ?? []) this.made.parameters.write(name, values);
  }

  dispose(): void {
    const { captured, head, features, labels, optimiser, parameters } = this.made;
    captured.dispose();
    head.dispose?.();
    features.dispose();
    labels.dispose();
    optimiser.dispose();
    parameters.dispose();
  }
}
