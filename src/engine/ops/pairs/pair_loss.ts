import distancesSource from '../../../shaders/pairs/pair_distances.wesl';
import gradientSource from '../../../shaders/pairs/pair_gradient.wesl';
import { record } from '../../core/autograd.ts';
import { check, formatShape } from '../../core/errors.ts';
import type { InputKind, InputSpec } from '../../core/operator.ts';
import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import type { Dispatch } from '../../runtime/kernel.ts';
import { checkLabels } from '../heads/class_head.ts';
import type { LossWithStatistics } from '../heads/statistics.ts';
import { gemm } from '../matmul/gemm.ts';
import { l2Normalise, rowGrid } from '../norm/l2_normalise.ts';
import { meanOfEntries } from '../reduce/mean_of_entries.ts';

const distancesKernel = { name: 'pair_distances', source: distancesSource };
const gradientKernel = { name: 'pair_gradient', source: gradientSource };

export interface PairLossOptions {
  readonly operator: string;
  /** [n, d] */
  readonly features: Tensor;
  /** [n] u32 */
  readonly labels: Tensor;
  readonly normalise: boolean;
  /**
   * The kernel that makes entries of the distances. It binds `distances`, `labels`, `slopes` [n, n], the derivatives of its entries,
   * and `entries` [n, 2], their sums and numbers, sample by sample.
   */
  readonly entries: Pick<Dispatch, 'kernel' | 'constants' | 'conditions' | 'grid' | 'cost'>;
}

/** Largest batch: a matrix of n² distances and n³ triplets are meant for batches of some hundred samples. */
export const mostPairSamples = 2048;

/**
 * A loss of the squared distances D_ij = ‖x_i − x_j‖² between the samples of a batch, x the features or the features on the unit
 * sphere: the mean of entries, each a function of distances. See {@link meanOfEntries} for the statistics; their cosines are those
 * of all pairs of the batch, of one class and of two.
 *
 * @throws ShapeError unless the features are [n, d] f32 with 2 ≤ n ≤ 2048 and the labels [n] u32
 */
export function pairLoss({
  operator,
  features,
  labels,
  normalise,
  entries: dispatch,
}: PairLossOptions): LossWithStatistics {
  const { device, shape, dtype } = features;
  const n = shape[0]!;
  check(
    shape.length === 2 && dtype === 'f32' && n >= 2 && n <= mostPairSamples,
    operator,
    () =>
      `features must be [n, d] f32 with n from 2 to ${mostPairSamples}, not ${formatShape(shape)} ${dtype}`,
  );
  checkLabels(operator, labels, n);
  const x = normalise ? l2Normalise(features) : features;
  const { grid, constants: place } = rowGrid(device, n);
  const constants = { ...place, SAMPLES: n };
  const slopes = device.empty([n, n]);
  const { loss, statistics } = device.within(operator, () => {
    const products = gemm(x, x, { transposeB: true, out: device.empty([n, n]) });
    const distances = device.empty([n, n]);
    const cosines = device.empty([n, 4]);
    device.dispatch({
      kernel: distancesKernel,
      constants,
      bindings: { products, labels, distances, cosines },
      grid,
      cost: { flops: 8 * n * n, bytes: 8 * n * n },
    });
    const entries = device.empty([n, 2]);
    device.dispatch({
      ...dispatch,
      constants: { ...dispatch.constants, SAMPLES: n },
      bindings: { distances, labels, slopes, entries },
    });
    return meanOfEntries(entries, cosines);
  });
  record(loss, {
    operator,
    inputs: [x],
    backward: (upstream, into) => {
      const gradients = device.empty([n, n]);
      device.dispatch({
        kernel: gradientKernel,
        constants,
        bindings: { slopes, statistics: statistics.values, upstream, gradients },
        grid,
        cost: { flops: 3 * n * n, bytes: 12 * n * n },
      });
      return [gemm(gradients, x, { out: into(0) })];
    },
  });
  return { loss, statistics };
}

/** Sample inputs of a loss of pairs: features, labels. */
export function pairInputs(n: number, d: number, classes: number, kind: InputKind = 'normal'): InputSpec[] {
  return [
    { shape: [n, d], kind },
    { shape: [n], kind: 'labels', classes },
  ];
}

/** Cost of the distances, which are the most of it. */
export function pairCost([features]: readonly Shape[]) {
  const [n, d] = features as readonly [number, number];
  return { flops: 2 * n * n * d, bytes: 4 * n * (d + n) };
}
