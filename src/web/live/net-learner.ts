/** A net that learns from pictures, if wanted with some steps of plain softmax before the loss. */

import type { Device } from '../../engine/core/tensor.ts';
import type { Checkpoint } from '../../normface/training/checkpoint/checkpoint.ts';
import { encodeSafetensors } from '../../normface/training/checkpoint/safetensors.ts';
import type { LabelledImages, StepMetrics } from '../../normface/training/loop.ts';
import { Model } from '../../normface/training/model.ts';
import { batchesOf } from './batches.ts';
import { lossChoice } from './choices.ts';
import type { Embedding } from './embedding.ts';
import type { LiveLearner } from './learner.ts';
import { type Pictures, rgbaOf, type Split, split } from './pictures.ts';
import { configOf, netName, type Setup } from './setup.ts';

/** The rate rises over the first steps of each loss: full steps at random weights can send all features one way. */
const warmUpSteps = 10;

/** Pictures that are embedded to be looked at: a multiple of the batch of an embedding. */
const drawn = 384;

/** What a learner goes on from on another device. */
interface Kept extends Pick<Checkpoint, 'weights' | 'optimiser'> {
  readonly done: number;
  readonly isFirst: boolean;
}

export class NetLearner implements LiveLearner {
  readonly batchSize: number;
  private device: Device;
  private readonly pictures: Pictures;
  private readonly setup: Setup;
  private readonly sample: Split;
  private readonly samplePixels: Uint8Array;
  private batches: Generator<LabelledImages, never>;
  private readonly learntAt: number;
  private model: Model;
  private isFirst: boolean;
  private done = 0;
  private kept: Kept | undefined;

  constructor(device: Device, pictures: Pictures, setup: Setup) {
    this.device = device;
    this.pictures = pictures;
    this.setup = setup;
    this.batchSize = setup.batchSize;
    this.sample = split(pictures, drawn);
    this.samplePixels = rgbaOf(pictures, this.sample.sample);
    this.batches = this.newBatches();
    this.isFirst = this.beginsWithSoftmax;
    this.learntAt = this.isFirst ? setup.softmaxFirst : 0;
    this.model = this.newModel();
  }

  private get beginsWithSoftmax(): boolean {
    return this.setup.softmaxFirst > 0 && this.setup.loss !== 'softmax';
  }

  private newBatches(): Generator<LabelledImages, never> {
    const { pictures, sample, setup } = this;
    return batchesOf(pictures, sample.training, setup.batchSize, setup.seed);
  }

  private newModel(): Model {
    const loss = this.isFirst ? 'softmax' : this.setup.loss;
    return new Model(this.device, configOf(this.setup, this.pictures, loss), this.pictures.classes.length);
  }

  get parameterCount(): number {
    return this.model.parameterCount;
  }

  get steps(): number {
    return this.done;
  }

  get lossTitle(): string {
    return lossChoice(this.isFirst && this.done < this.learntAt ? 'softmax' : this.setup.loss).title;
  }

  async prepare(onProgress?: (done: number, total: number) => void): Promise<void> {
    await this.model.compile(onProgress);
  }

  async step(learningRate: number): Promise<StepMetrics> {
    if (this.isFirst && this.done >= this.learntAt) await this.takeOver();
    const since = this.done - (this.isFirst ? 0 : this.learntAt);
    const rate = learningRate * Math.min(1, (since + 1) / warmUpSteps);
    const metrics = await this.model.step(this.batches.next().value, rate, this.done);
    this.done++;
    return metrics;
  }

  async keep(): Promise<void> {
    const { done, isFirst, model } = this;
    this.kept = { ...(await model.snapshot()), done, isFirst };
  }

  moveTo(device: Device): void {
    const { kept, setup } = this;
    this.model.dispose();
    this.device = device;
    this.isFirst = kept?.isFirst ?? this.beginsWithSoftmax;
    this.model = this.newModel();
    if (kept) this.model.restore(kept, { source: 'the device before', net: setup.net });
    this.done = kept?.done ?? 0;
    this.batches = this.newBatches();
    for (let step = 0; step < this.done; step++) this.batches.next();
  }

  /** Continues with the loss where softmax has come to, its class weights as agents. */
  private async takeOver(): Promise<void> {
    const softmax = this.model;
    const { weights } = await softmax.snapshot();
    this.isFirst = false;
    this.model = this.newModel();
    this.model.initialise(weights, { keepHead: true, source: 'softmax', net: this.setup.net });
    softmax.dispose();
    await this.model.compile();
  }

  async embed(): Promise<Embedding> {
    const { model, pictures, samplePixels } = this;
    const embedder = await model.embedder();
    const { dimension, batchSize } = embedder;
    const { sample, heldOut } = this.sample;
    const picture = 4 * pictures.width * pictures.height;
    const features = new Float32Array(sample.length * dimension);
    for (let first = 0; first < sample.length; first += batchSize) {
      const pixels = samplePixels.subarray(first * picture, (first + batchSize) * picture);
      features.set(await embedder.embed(pixels), first * dimension);
    }
    const { loss } = this.setup;
    const agents = await model.read('loss.weight');
    const bias = loss === 'softmax-bias' && !this.isFirst ? await model.read('loss.bias') : null;
    return {
      step: this.done,
      dimension: dimension === 3 ? 3 : 2,
      features,
      labels: Array.from(sample, (index) => pictures.labels[index]!),
      heldOut,
      agents,
      bias,
      cosine: !this.isFirst && lossChoice(loss).cosine,
    };
  }

  /** The net as a weights file (safetensors) that `normface` and the page Verify open; not while a step is under way. */
  async weightsFile(): Promise<Uint8Array> {
    const { setup, pictures } = this;
    const { weights } = await this.model.snapshot();
    return encodeSafetensors(weights, {
      net: netName(setup),
      imageSize: `${pictures.height}x${pictures.width}`,
      step: String(this.done),
      classes: String(pictures.classes.length),
      trainedOn: pictures.mirrored ? `generated faces (${pictures.title})` : pictures.title,
    });
  }

  /** Pictures of the sample, in the order of the features. */
  get sampleIndices(): Uint32Array {
    return this.sample.sample;
  }

  dispose(): void {
    this.model.dispose();
  }
}
