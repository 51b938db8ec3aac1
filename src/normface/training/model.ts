/** The GPU side of training: a net, its losses and an optimiser as one captured step. */

import type { Device } from '../../engine/device.ts';
import { add } from '../../engine/ops/add.ts';
import { scale } from '../../engine/ops/scale.ts';
import { Adam, AdamW } from '../../engine/optim/adam.ts';
import type { Optimiser } from '../../engine/optim/optimiser.ts';
import { RowSubset } from '../../engine/optim/row_subset.ts';
import { SGD } from '../../engine/optim/sgd.ts';
import { Parameters } from '../../engine/parameters.ts';
import type { CapturedStep } from '../../engine/step.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { UserError } from '../errors.ts';
import { type BuiltNet, buildNet } from '../nets/build.ts';
import { findNet } from '../nets/index.ts';
import type { Checkpoint } from './checkpoint.node.ts';
import { matchParameters } from './compatible.ts';
import { inputSize, type TrainingConfig } from './config.ts';
import { NetEmbedder } from './embedder.ts';
import { createHead, type Head, type HeadOutputs } from './head.ts';
import type { LabelledImages, Learner, StepMetrics } from './loop.ts';
import { float32Tensor, type StoredTensor } from './safetensors.ts';

/** Images embedded at once by evaluations while training. */
export const evaluationBatch = 64;

/** What messages call a checkpoint and the net it should be of. */
interface Names {
  readonly source: string;
  readonly net: string;
}

export class Model implements Learner {
  private readonly device: Device;
  private readonly config: TrainingConfig;
  private readonly net: BuiltNet;
  private readonly heads: readonly Head[];
  private readonly parameters: Parameters;
  private readonly optimiser: Optimiser;
  private readonly images: Tensor;
  private readonly labels: Tensor;
  private readonly captured: CapturedStep<HeadOutputs>;
  private evaluation: NetEmbedder | undefined;

  /**
   * Makes and captures everything; nothing runs yet.
   * @param classes number of people, the rows of the class matrices
   */
  constructor(device: Device, config: TrainingConfig, classes: number) {
    const { seed, batchSize, augmentation, data, loss, auxiliaryLoss } = config;
    const design = findNet(config.net);
    const [height, width] = data.imageSize;
    this.device = device;
    this.config = config;
    this.net = buildNet(design, [...inputSize(data), design.input[2]], seed);
    const { featureSize } = this.net;
    const size = { device, classes, featureSize, batchSize, seed };
    this.heads = [createHead('loss', loss, size)];
    if (auxiliaryLoss) this.heads = [...this.heads, createHead('auxiliary', auxiliaryLoss, size)];
    this.parameters = new Parameters(device, [
      ...this.net.declarations,
      ...this.heads.flatMap((head) => head.declarations),
    ]);
    this.optimiser = createOptimiser(this.parameters, config.optimiser);
    this.images = device.images(new Uint8Array(batchSize * height * width * 4), [batchSize, height, width]);
    this.labels = device.tensor(new Uint32Array(batchSize), [batchSize], 'u32');
    const subsets = this.heads.flatMap((head) =>
      (head.subsets ?? []).map((subset) => new RowSubset(this.parameters, this.optimiser, subset)),
    );
    this.captured = device.capture(() => {
      for (const subset of subsets) subset.gather();
      const { mirror, shift, randomCrop } = augmentation;
      const x = this.net.batch(this.images, {
        mirror: mirror ? 'random' : 'never',
        shift,
        crop: data.cropSize && randomCrop ? 'random' : 'centre',
      });
      const features = this.net.forward(x, this.parameters, { training: true });
      const [main, ...others] = this.heads.map((head) => head.apply(features, this.labels, this.parameters));
      const weighted = (i: number, value: Tensor) =>
        this.heads[i].weight === 1 ? value : scale(value, this.heads[i].weight);
      const total = others.reduce(
        (sum, { loss }, i) => add(sum, weighted(i + 1, loss)),
        weighted(0, main.loss),
      );
      total.backward();
      this.optimiser.step();
      for (const subset of subsets) subset.scatter();
      return { ...main, loss: total };
    });
  }

  /** Values of all parameters, the class matrices included. */
  get parameterCount(): number {
    return this.parameters.count;
  }

  /** GPU memory of parameters, gradients, optimiser and intermediate results in bytes. */
  get memoryBytes(): number {
    const arenas = this.config.optimiser.name === 'sgd' ? 3 : 4;
    return this.captured.arenaBytes + arenas * this.parameters.bytes + this.images.bytes;
  }

  /** Compiles the kernels of a step, faster than the first step would. */
  compile(): Promise<void> {
    return this.captured.compile();
  }

  step({ pixels, labels }: LabelledImages, learningRate: number, step: number): Promise<StepMetrics> {
    this.device.setRandom(this.config.seed, step);
    this.optimiser.learningRate = learningRate;
    this.images.write(pixels);
    this.labels.write(labels);
    for (const head of this.heads) head.prepare?.(step, labels);
    this.captured.run();
    // The copies are recorded now, so the next step cannot change what they hold.
    return this.readMetrics();
  }

  private async readMetrics(): Promise<StepMetrics> {
    const { loss, statistics } = this.captured.outputs;
    const [value, [positiveCosine, negativeCosine, scale]] = await Promise.all([
      loss.item(),
      statistics.readFloats(),
    ]);
    const [main] = this.heads;
    if (!main.hasScale) return { loss: value, positiveCosine, negativeCosine };
    const bound = main.bound && main.weight * main.bound(scale);
    return { loss: value, bound, positiveCosine, negativeCosine, scale };
  }

  /** Values of one parameter, such as `loss.weight`, after the steps submitted so far. */
  read(name: string): Promise<Float32Array> {
    return this.parameters.get(name).readFloats();
  }

  /** Weights and optimiser state after the steps submitted so far. */
  async snapshot(): Promise<Pick<Checkpoint, 'weights' | 'optimiser'>> {
    const [values, state] = await Promise.all([this.parameters.readAll(), this.optimiser.state()]);
    const shapes = new Map(this.parameters.entries.map(({ name, shape }) => [name, shape]));
    const stored = ([name, data]: [string, Float32Array]): [string, StoredTensor] => [
      name,
      float32Tensor(data, shapes.get(name) ?? [data.length]),
    ];
    return { weights: new Map([...values].map(stored)), optimiser: new Map([...state].map(stored)) };
  }

  /** Continues where a checkpoint was taken. @throws UserError when it does not fit */
  restore(checkpoint: Pick<Checkpoint, 'weights' | 'optimiser'>, names: Names): void {
    const values = matchParameters(checkpoint.weights, this.parameters.lasting, names);
    const state = new Map(
      [...checkpoint.optimiser].map(([name, { data }]) => [name, data as Float32Array] as const),
    );
    try {
      this.optimiser.restore(state);
    } catch (error) {
      throw new UserError(
        `the optimiser's state in ${names.source} does not fit: ${(error as Error).message}`,
      );
    }
    for (const [name, data] of values) this.parameters.write(name, data);
  }

  /**
   * Takes over the weights of a net, and of the class matrices if wanted and of the same shape.
   * @returns whether class weights were taken
   * @throws UserError when the weights are of another net
   */
  initialise(
    weights: ReadonlyMap<string, StoredTensor>,
    { keepHead, ...names }: Names & { keepHead: boolean },
  ): boolean {
    const values = matchParameters(weights, this.net.declarations, names);
    for (const [name, data] of values) this.parameters.write(name, data);
    if (!keepHead) return false;
    const kept = this.heads
      .flatMap((head) => head.reusable)
      .filter((name) => {
        const stored = weights.get(name);
        const fits = stored?.shape.join() === this.parameters.get(name).shape.join();
        if (fits) this.parameters.write(name, stored!.data as Float32Array);
        return fits;
      });
    return kept.length > 0;
  }

  /** The net in inference mode, with the weights of this moment. */
  embedder(): NetEmbedder {
    this.evaluation ??= new NetEmbedder(this.device, this.net, this.parameters, evaluationBatch, {
      imageSize: this.config.data.imageSize,
    });
    return this.evaluation;
  }

  dispose(): void {
    this.evaluation?.dispose();
    this.captured.dispose();
    for (const head of this.heads) head.dispose?.();
    this.images.dispose();
    this.labels.dispose();
    this.optimiser.dispose();
    this.parameters.dispose();
  }
}

function createOptimiser(parameters: Parameters, config: TrainingConfig['optimiser']): Optimiser {
  const { name, ...options } = config;
  switch (name) {
    case 'sgd':
      return new SGD(parameters, options);
    case 'adam':
      return new Adam(parameters, options);
    case 'adamw':
      return new AdamW(parameters, options);
  }
}
