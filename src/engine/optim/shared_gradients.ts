import type { Parameters } from '../core/parameters.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Communicator } from '../distributed/communicator.ts';
import { runtimeOf } from '../runtime/runtime.ts';
import { measureClipping } from './clip.ts';
import type { LossScale } from './loss_scale.ts';

/** How the gradients of ranks that train together become one. */
export interface GradientExchange {
  readonly communicator: Communicator;
  /** Least bytes of gradients that are sent together (default 25 MB, as PyTorch's DistributedDataParallel). */
  readonly bucketBytes?: number;
  /** Makes values those of all ranks added up, in place. Default: an all-reduce of f32. */
  readonly addUp?: (values: Float32Array, communicator: Communicator) => Promise<void>;
}

const usualBucket = 25 * 2 ** 20;

/**
 * The gradients of parameters of which every rank has those of its own samples, in buckets: a bucket is on its way between the ranks
 * as soon as the reverse pass has finished it, while the rest of the reverse pass runs. The losses of the ranks are means over all
 * samples, so that gradients are added up, however many samples each has.
 */
export class SharedGradients {
  private readonly device: Parameters['device'];
  private readonly options: GradientExchange;
  /** Those that are added up, in the order in which a reverse pass finishes them. */
  private readonly buckets: readonly Tensor[];
  private readonly same: readonly Tensor[];
  private readonly own: readonly Tensor[];

  constructor(parameters: Parameters, options: GradientExchange) {
    const { bucketBytes = usualBucket } = options;
    const { maxStorageBufferBindingSize } = parameters.device.report.limits;
    this.device = parameters.device;
    this.options = options;
    this.buckets = parameters.gradientRanges(['add'], bucketBytes);
    // Kernels read these.
    this.same = parameters.gradientRanges(['add', 'same'], maxStorageBufferBindingSize / 2);
    this.own = parameters.gradientRanges(['own'], maxStorageBufferBindingSize / 2);
  }

  /** Asks for the sums over the ranks, which what comes next may use. */
  addUp(): void {
    const { communicator, addUp = (values) => communicator.allReduce(values) } = this.options;
    this.buckets.forEach((gradients, i) => {
      runtimeOf(this.device).exchange({
        name: `gradients, bucket ${i + 1} of ${this.buckets.length}`,
        reads: [gradients],
        writes: [gradients],
        work: async ([values]) => {
          await addUp(values as Float32Array, communicator);
          return [values!];
        },
      });
    });
  }

  /** As {@link measureClipping}, of the gradients of all ranks together. */
  measureClipping(maximum: number, clipping: Tensor, lossScale: LossScale | null): void {
    const { communicator: ranks } = this.options;
    const { same, own } = this;
    measureClipping(same, maximum, clipping, { lossScale, ...(own.length > 0 ? { own, ranks } : {}) });
  }

  dispose(): void {
    for (const tensor of [...this.buckets, ...this.same, ...this.own]) tensor.dispose();
  }
}
