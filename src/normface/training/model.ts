/** The GPU side of training: a net, its losses and an optimiser as one captured step. */

import { type Parameters, readTensors } from '../../engine/core/parameters.ts';
import { elementCount } from '../../engine/core/shape.ts';
import type { Device } from '../../engine/core/tensor.ts';
import { rangeOf } from '../../engine/distributed/range.ts';
import type { LossWithStatistics } from '../../engine/ops/heads/statistics.ts';
import { LossScale } from '../../engine/optim/loss_scale.ts';
import type { Optimiser } from '../../engine/optim/optimiser.ts';
import { RowSubset } from '../../engine/optim/row_subset.ts';
import type { GradientExchange } from '../../engine/optim/shared_gradients.ts';
import { WeightAverage, warmedUpDecay } from '../../engine/optim/weight_average.ts';
import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import { refuseLabels } from '../../engine/runtime/labels.ts';
import { largestMagnitude } from '../../engine/runtime/magnitude.ts';
import { namedPass } from '../distributed/named-pass.ts';
import { gatherLabels, type TrainingGroup } from '../distributed/training-group.ts';
import { NetEmbedder } from '../embedding/embedder.ts';
import { inferenceNet } from '../embedding/inference.ts';
import type { ClassPart } from './checkpoint/class-part.ts';
import { matchParameters } from './checkpoint/compatible.ts';
import type { StoredTensor } from './checkpoint/safetensors.ts';
import type { TrainingConfig } from './config/config.ts';
import { runStep } from './head.ts';
import type { LabelledImages, Learner, StepMetrics } from './loop.ts';
import type { ModelMemory } from './model-memory.ts';
import {
  type CheckpointNames,
  type KeptParts,
  type ModelState,
  restoreState,
  snapshotOf,
} from './model-state.ts';
import { Objective } from './objective.ts';
import { createOptimiser } from './optimiser.ts';
import type { RuledParameters } from './parameter-rules.ts';

/** Images embedded at once by evaluations while training. */
export const evaluationBatch = 64;

/** The root of the largest f32, (2 − 2⁻²³)·2¹²⁷: the square of a larger weight, and so its norm, is infinite. */
const largestWeight = Math.sqrt((2 - 2 ** -23) * 2 ** 127);

/** How the ranks that train together do a step. */
export interface StepExchange extends GradientExchange {
  /** Called before and after a step and for every exchange in it, in the same order on all ranks. */
  readonly group?: Pick<TrainingGroup, 'beginStep' | 'endStep' | 'noteExchange' | 'recorder'>;
}

/** A net with its losses and its optimiser, captured as one training step; what checkpoints keep and restore. */
export class Model implements Learner {
  private readonly device: Device;
  private readonly config: TrainingConfig;
  private readonly classes: number;
  private readonly objective: Objective;
  private readonly parameters: Parameters;
  private readonly optimiser: Optimiser;
  /** Of the net, where the configuration asks for it: what is evaluated, and what checkpoints have as weights. */
  private readonly average: WeightAverage | null;
  /** A training step on what {@link Model.load} has uploaded. */
  readonly captured: CapturedStep<LossWithStatistics>;
  /** What keeps gradients within what f16 holds, where the net's are stored so. */
  private readonly lossScale: LossScale | null;
  private readonly exchange: StepExchange | null;
  /** The first row of the batch that is this rank's. */
  private readonly firstRow: number;
  private evaluation: NetEmbedder | undefined;
  /** The latest step, where it has to end before the next one begins. */
  private latest: Promise<unknown> = Promise.resolve();

  /**
   * Makes and captures everything; nothing runs yet.
   * @param classes number of people
   * @param exchange where several ranks train together: each has the net, some rows of every batch, and where the loss allows it the
   *   class weights of some people
   */
  constructor(device: Device, config: TrainingConfig, classes: number, exchange: StepExchange | null = null) {
    const ranks = exchange?.communicator ?? null;
    this.device = device;
    this.config = config;
    this.classes = classes;
    this.exchange = exchange;
    this.firstRow = ranks ? rangeOf(config.batchSize, ranks.size, ranks.rank).first : 0;
    this.objective = new Objective(device, config, classes, ranks);
    const { heads, parameters } = this.objective;
    this.parameters = parameters;
    this.lossScale = config.precision === 'f16' ? new LossScale(device) : null;
    this.optimiser = createOptimiser(parameters, config.optimiser, exchange, this.lossScale);
    const { average } = config;
    const count = this.objective.net.declarations.length;
    this.average = average ? new WeightAverage(parameters, { decay: average.decay, count }) : null;
    const subsets = heads.flatMap((head) =>
      (head.subsets ?? []).map((subset) => new RowSubset(parameters, this.optimiser, subset)),
    );
    this.captured = device.capture(() => {
      for (const subset of subsets) subset.gather();
      const { lossScale } = this;
      const outputs = this.objective.reverse((loss) =>
        lossScale ? lossScale.backward(loss) : loss.backward(),
      );
      this.optimiser.step();
      for (const subset of subsets) subset.scatter();
      this.average?.update();
      return outputs;
    });
    const { group } = exchange ?? {};
    if (group) this.captured.onExchange = (times) => group.noteExchange(times);
  }

  /** The classes that this rank has, and the parameters with a row for each of them; null where no others have other ones. */
  get classPart(): ClassPart | null {
    const { exchange, parameters, classes } = this;
    const tensors = parameters.persistent.flatMap(({ name, ranks }) => (ranks === 'own' ? [name] : []));
    if (!exchange || tensors.length === 0) return null;
    const { rank, size } = exchange.communicator;
    return { tensors, rows: rangeOf(classes, size, rank), total: classes };
  }

  /** Values of all parameters, the class matrices included; of those that ranks share, this one's. */
  get parameterCount(): number {
    return this.parameters.count;
  }

  /** What the configuration freezes, and which rates it changes. */
  get ruled(): RuledParameters {
    return this.objective.ruled;
  }

  /** GPU memory in bytes, by what it is for; of this rank. */
  get memory(): ModelMemory {
    const { captured, parameters, optimiser, average, objective } = this;
    const netNames = new Set(objective.net.declarations.map(({ name }) => name));
    const net = parameters.entries
      .filter(({ name }) => netNames.has(name))
      .reduce((sum, { shape }) => sum + 4 * elementCount(shape), 0);
    return {
      net,
      // With what fills the last block of each parameter.
      classes: parameters.bytes - net,
      gradients: parameters.gradientBytes,
      optimiser: optimiser.bytes,
      average: average?.bytes ?? 0,
      batches: objective.batchBytes,
      intermediate: captured.arenaBytes,
    };
  }

  /** GPU memory of all of it in bytes. */
  get memoryBytes(): number {
    return Object.values(this.memory).reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Compiles the kernels of a step, faster than the first step would. */
  compile(onProgress?: (done: number, total: number) => void): Promise<void> {
    return this.captured.compile(onProgress);
  }

  step(batch: LabelledImages, learningRate: number, step: number): Promise<StepMetrics> {
    if (this.exchange) return this.stepTogether(this.exchange, batch, learningRate, step);
    this.load(batch, learningRate, step);
    return runStep(this.captured, this.objective.heads[0], this.lossScale);
  }

  /** A step of all ranks: what it reads must not be overwritten before it has ended. */
  private stepTogether(
    { communicator: ranks, group }: StepExchange,
    { pixels, labels: own }: LabelledImages,
    learningRate: number,
    step: number,
  ): Promise<StepMetrics> {
    const { batchSize, accumulate: batches = 1 } = this.config;
    const before = this.latest;
    const metrics = (async () => {
      await before;
      const labels = group
        ? await group.beginStep(own, { batchSize, batches }, step)
        : (await gatherLabels(ranks, own, { batchSize, batches })).all;
      this.load({ pixels, labels }, learningRate, step);
      const { recorder } = group ?? {};
      this.captured.onPasses = recorder?.records
        ? (passes) => recorder.notePasses(passes?.map((pass) => namedPass(this.captured, pass)) ?? null)
        : null;
      const result = await runStep(this.captured, this.objective.heads[0], this.lossScale);
      await group?.endStep(step + 1);
      return result;
    })();
    this.latest = metrics;
    return metrics;
  }

  /**
   * Uploads what the next step works on: the pixels of this rank's rows, and the labels of all, of its batches one behind the other.
   * @throws LabelError for a label that no class has
   */
  load({ pixels, labels }: LabelledImages, learningRate: number, step: number): void {
    refuseLabels(labels, this.classes);
    this.device.setRandom(this.config.seed, step, this.firstRow);
    this.optimiser.learningRate = learningRate;
    const { average } = this.config;
    if (this.average && average?.warmUp) this.average.decay = warmedUpDecay(average.decay, step);
    const { batches, heads } = this.objective;
    batches.forEach(({ images, labels: target }, k) => {
      images.write(pixels.subarray(k * images.bytes, (k + 1) * images.bytes));
      target.write(labels.subarray(k * target.size, (k + 1) * target.size));
    });
    for (const head of heads) head.prepare?.(step, labels);
  }

  /** Values of one parameter, such as `loss.weight`, after the steps submitted so far. */
  read(name: string): Promise<Float32Array> {
    return this.parameters.get(name).readFloats();
  }

  /** Why the weights or the optimiser's state after the steps submitted so far are of no use; undefined if they may be. */
  async flaw(): Promise<string | undefined> {
    const [weight, state] = await Promise.all([
      largestMagnitude(this.parameters.arrays),
      largestMagnitude(this.optimiser.arrays),
    ]);
    // Not `weight > largestWeight`, which NaN would pass.
    if (!(weight <= largestWeight)) return `the largest weight is ${weight}`;
    if (!Number.isFinite(state)) return `the optimiser's state holds ${state}`;
    return undefined;
  }

  private get kept(): KeptParts {
    const { parameters, optimiser, average, objective } = this;
    return { parameters, optimiser, average, net: objective.net.declarations };
  }

  /** Weights and optimiser state after the steps submitted so far. */
  snapshot(): Promise<ModelState> {
    return snapshotOf(this.kept);
  }

  /** Continues where a checkpoint was taken. @throws UserError when it does not fit */
  restore(checkpoint: ModelState, names: CheckpointNames): void {
    restoreState(this.kept, checkpoint, names);
  }

  /**
   * Takes over the weights of a net, and of the class matrices if wanted and of the same shape, with what else their losses keep where
   * that goes on, too: what belongs to class weights that are new is new.
   * @param goesOn whether a parameter of a loss that is no class weight is taken over with them; by default none is
   * @returns the names of what was taken beside class weights; null where no class weights were
   * @throws UserError when the weights are of another net
   */
  initialise(
    weights: ReadonlyMap<string, StoredTensor>,
    {
      keepHead,
      goesOn = () => false,
      ...names
    }: CheckpointNames & { keepHead: boolean; goesOn?: (name: string) => boolean },
  ): readonly string[] | null {
    const values = matchParameters(weights, this.objective.net.declarations, names);
    for (const [name, data] of values) this.parameters.write(name, data);
    this.average?.start();
    if (!keepHead) return null;
    const take = (name: string): boolean => {
      const stored = weights.get(name);
      const fits = stored?.shape.join() === this.parameters.get(name).shape.join();
      if (fits) this.parameters.write(name, stored!.data as Float32Array);
      return fits;
    };
    const keeping = this.objective.heads.filter(({ reusable }) => reusable.filter(take).length > 0);
    if (keeping.length === 0) return null;
    return keeping.flatMap(({ declarations, reusable }) =>
      declarations
        .filter(({ name, transient }) => !transient && !reusable.includes(name))
        .map(({ name }) => name)
        .filter((name) => goesOn(name) && take(name)),
    );
  }

  /** The net ready to embed, with the weights of this moment, or their average; good until it is asked for again. */
  async embedder(): Promise<NetEmbedder> {
    const { device, config, objective } = this;
    const { net } = objective;
    const values = await readTensors(
      new Map(net.declarations.map(({ name }) => [name, (this.average ?? this.parameters).get(name)])),
    );
    this.evaluation?.dispose();
    this.evaluation = undefined;
    this.evaluation = await device.allocating(
      () => {
        const { net: folded, parameters } = inferenceNet(device, net, values);
        const { imageSize } = config.data;
        return new NetEmbedder(device, folded, parameters, evaluationBatch, { imageSize, owned: parameters });
      },
      (discarded) => discarded.dispose(),
    );
    return this.evaluation;
  }

  dispose(): void {
    this.evaluation?.dispose();
    this.captured.dispose();
    this.average?.dispose();
    this.optimiser.dispose();
    this.objective.dispose();
  }
}
