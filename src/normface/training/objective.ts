/** What a training step differentiates: a net and its losses on a batch. */

import { Parameters } from '../../engine/core/parameters.ts';
import { withoutGradients } from '../../engine/core/recording.ts';
import type { Device, Tensor } from '../../engine/core/tensor.ts';
import type { Communicator } from '../../engine/distributed/communicator.ts';
import { GatheredRows } from '../../engine/distributed/gather_rows.ts';
import { rangeOf } from '../../engine/distributed/range.ts';
import { add } from '../../engine/ops/elementwise/add.ts';
import { cast } from '../../engine/ops/elementwise/cast.ts';
import { scale } from '../../engine/ops/elementwise/scale.ts';
import type { LossWithStatistics } from '../../engine/ops/heads/statistics.ts';
import { augmentImages } from '../../engine/ops/images/augment_images.ts';
import { runtimeOf } from '../../engine/runtime/runtime.ts';
import { checkHalf } from '../../engine/runtime/tensor-bytes.ts';
import { type BuiltNet, buildNet } from '../nets/build.ts';
import { netOf } from '../nets/index.ts';
import { batchChanges } from './batch-changes.ts';
import { inputSize, type TrainingConfig } from './config/config.ts';
import { createHead, type Head } from './head.ts';
import { applyRules, type RuledParameters } from './parameter-rules.ts';

/** A batch on the device. */
interface BatchTensors {
  /** The batch, or this rank's part of it: rgba8 [rows, height, width, 4]. */
  readonly images: Tensor;
  /** Those of the whole batch: [batch] u32 */
  readonly labels: Tensor;
}

export class Objective {
  readonly net: BuiltNet;
  /** The main loss, and the auxiliary one if there is one. */
  readonly heads: readonly [Head, ...Head[]];
  readonly parameters: Parameters;
  /** What the configuration freezes, and which rates it changes. */
  readonly ruled: RuledParameters;
  /** The batches of a step, several where gradients are accumulated. */
  readonly batches: readonly BatchTensors[];
  private readonly device: Device;
  private readonly config: TrainingConfig;
  private readonly ranks: Communicator | null;
  /** Those whose rows batch norm takes together. */
  private readonly normRanks: Communicator | null;

  /**
   * @param classes number of people
   * @param ranks where several train together, each with a part of the batch and of the classes
   */
  constructor(device: Device, config: TrainingConfig, classes: number, ranks: Communicator | null = null) {
    const { seed, batchSize, accumulate: batches = 1, data, loss, auxiliaryLoss } = config;
    if (config.precision === 'f16') checkHalf(device.report, 'precision f16');
    const design = netOf(config.net);
    const [height, width] = data.imageSize;
    this.config = config;
    this.ranks = ranks;
    this.device = device;
    this.normRanks = config.ranks.syncBatchNorm ? ranks : null;
    this.net = buildNet(design, [...inputSize(data), design.input[2]], seed);
    const { featureSize } = this.net;
    const size = { device, classes, featureSize, batchSize, batches, seed };
    const main = createHead('loss', loss, size, ranks);
    this.heads = auxiliaryLoss ? [main, createHead('auxiliary', auxiliaryLoss, size, ranks)] : [main];
    this.ruled = applyRules(
      this.net.declarations,
      this.heads.flatMap((head) => head.declarations),
      config,
    );
    this.parameters = new Parameters(device, this.ruled.declarations);
    const { count } = rangeOf(batchSize, ranks?.size ?? 1, ranks?.rank ?? 0);
    this.batches = Array.from({ length: batches }, () => ({
      images: device.images(new Uint8Array(count * height * width * 4), [count, height, width]),
      labels: device.tensor(new Uint32Array(batchSize), [batchSize], 'u32'),
    }));
  }

  /** GPU memory of the batches of a step, in bytes. */
  get batchBytes(): number {
    return this.batches.reduce((sum, { images }) => sum + images.bytes, 0);
  }

  /**
   * The reverse passes of a step, one after the other: their gradients add up to those of the mean over all samples, as of one batch.
   *
   * @param reverse starts a reverse pass from a share of that mean
   * @returns the mean, and the means of the statistics of the main loss
   */
  reverse(reverse: (share: Tensor) => void): LossWithStatistics {
    const { device, config, batches } = this;
    if (batches.length === 1) {
      const output = this.forward();
      reverse(output.loss);
      return output;
    }
    const share = 1 / batches.length;
    const outputs = runtimeOf(device).random.inParts(batches.length, config.batchSize, (k) => {
      const output = this.forward(k);
      const loss = scale(output.loss, share);
      reverse(loss);
      return { ...output, loss };
    });
    return withoutGradients(() => ({
      loss: outputs.map(({ loss }) => loss).reduce((a, b) => add(a, b)),
      statistics: {
        names: outputs[0]!.statistics.names,
        values: scale(
          outputs.map(({ statistics }) => statistics.values).reduce((a, b) => add(a, b)),
          share,
        ),
      },
    }));
  }

  /** The weighted sum of the losses of a batch, ready for a reverse pass, and the statistics of the main one. */
  forward(batch = 0): LossWithStatistics {
    const { images, labels } = this.batches[batch]!;
    const { changes, place } = batchChanges(this.config);
    const x = this.net.batch(augmentImages(images, changes), place, this.config.precision);
    const output = this.net.forward(x, this.parameters, {
      training: true,
      ranks: this.normRanks,
      still: this.ruled.still,
    });
    const features = cast(output, 'f32');
    const gathered = this.ranks && new GatheredRows(features, this.config.batchSize, this.ranks);
    const [main, ...others] = this.heads.map((head, i) =>
      runtimeOf(features.device).inPart(i === 0 ? 'loss' : 'auxiliaryLoss', () =>
        head.apply(features, labels, this.parameters, { batch, gathered }),
      ),
    );
    const weighted = (i: number, value: Tensor) =>
      this.heads[i]!.weight === 1 ? value : scale(value, this.heads[i]!.weight);
    const total = others.reduce(
      (sum, { loss }, i) => add(sum, weighted(i + 1, loss)),
      weighted(0, main!.loss),
    );
    return { ...main!, loss: total };
  }

  dispose(): void {
    for (const head of this.heads) head.dispose?.();
    for (const { images, labels } of this.batches) {
      images.dispose();
      labels.dispose();
    }
    this.parameters.dispose();
  }
}
