import factorSource from '../../shaders/optim/clip_factor.wesl';
import partialSource from '../../shaders/optim/square_sum_partial.wesl';
import type { Tensor } from '../core/tensor.ts';
import type { Communicator } from '../distributed/communicator.ts';
import { clear } from '../runtime/debug-trap.ts';
import { runtimeOf } from '../runtime/runtime.ts';
import { type LossScale, scaleConstants } from './loss_scale.ts';

const partialKernel = { name: 'square_sum_partial', source: partialSource };
const factorKernel = { name: 'clip_factor', source: factorSource };
const workgroup = 64;
const vectorsPerInvocation = 64;
/** Squares of numbers times this stay far below the largest f32, 2^128, whatever finite numbers they are. */
const shrink = 2 ** -80;
/** Of f32, (2 − 2⁻²³)·2¹²⁷: nothing is larger than that. */
const largest = (2 - 2 ** -23) * 2 ** 127;

/** What the gradients of several ranks have in common, and what not. */
export interface GradientsOfRanks {
  /** Gradients that every rank has others of, beside those that are the same on all ranks. */
  readonly own?: readonly Tensor[];
  readonly ranks?: Communicator;
  /** The gradients are its scale times what they stand for. */
  readonly lossScale?: LossScale | null;
}

/**
 * Writes (factor, norm) to `clipping`, where norm is the Euclidean norm of all gradients together and factor what they are to be
 * multiplied by so that it is at most `maximum`; where they are scaled, of what they stand for, and the factor is −1 where a step is to be
 * skipped. Neither leaves the device. Arrays must hold a multiple of four numbers.
 */
export function measureClipping(
  gradients: readonly Tensor[],
  maximum: number,
  clipping: Tensor,
  ofRanks: GradientsOfRanks = {},
): void {
  // Who made the gradients was judged; sums of squares may be infinite, and the norm of a skipped step is no number.
  runtimeOf(clipping.device).checking('never', () => measure(gradients, maximum, clipping, ofRanks));
}

function measure(
  gradients: readonly Tensor[],
  maximum: number,
  clipping: Tensor,
  { own, ranks, lossScale }: GradientsOfRanks,
): void {
  const { device } = clipping;
  const all = own ? [...gradients, ...own] : gradients;
  const chunks = all.map(({ size }) => Math.ceil(size / 4 / (workgroup * vectorsPerInvocation)));
  const count = chunks.reduce((sum, n) => sum + n, 0);
  const partial = device.empty([count, 2]);
  let first = 0;
  all.forEach((x, i) => {
    device.dispatch({
      kernel: partialKernel,
      constants: {
        SIZE: x.size / 4,
        WORKGROUP: workgroup,
        PER_INVOCATION: vectorsPerInvocation,
        FIRST: first,
        SHRINK: shrink,
      },
      bindings: { x, partial },
      grid: [chunks[i]!, 1, 1],
      cost: { flops: 5 * x.size, bytes: 4 * x.size },
    });
    first += chunks[i]!;
  });
  if (own && ranks) {
    const others = chunks.slice(0, gradients.length).reduce((sum, n) => sum + n, 0);
    addSumsOfRanks(partial, others, ranks);
  }
  const settled = lossScale ? runtimeOf(device).settleChecks() : null;
  device.dispatch({
    kernel: factorKernel,
    constants: {
      COUNT: count,
      WORKGROUP: workgroup,
      MAXIMUM: Math.min(maximum, largest),
      SHRINK: shrink,
      ...(lossScale && scaleConstants),
      ...(settled && { CLEAR: clear }),
    },
    conditions: { scaled: !!lossScale, checked: settled !== null },
    bindings: { partial, clipping, ...(lossScale && { loss_scale: lossScale.state }), ...settled },
    grid: [1, 1, 1],
    cost: { flops: 2 * count, bytes: 8 * count },
  });
}

/** Puts the sums of the own gradients of all ranks in the place of this rank's: the pairs from number `first` on, [pairs, 2]. */
function addSumsOfRanks(partial: Tensor, first: number, ranks: Communicator): void {
  runtimeOf(partial.device).exchange({
    name: 'squares of the gradients',
    reads: [partial],
    writes: [partial],
    work: async ([contents]) => {
      const pairs = contents as Float32Array;
      const sums = new Float64Array(2);
      for (let i = 2 * first; i < pairs.length; i++) sums[i % 2]! += pairs[i]!;
      await ranks.allReduce(sums, 'sum');
      pairs.fill(0, 2 * first);
      if (pairs.length > 2 * first) pairs.set(sums, 2 * first);
      return [pairs];
    },
  });
}
