import lossSource from '../../../shaders/heads/center_loss.wesl';
import updateSource from '../../../shaders/heads/center_update.wesl';
import { record } from '../../core/autograd.ts';
import { check, formatShape } from '../../core/errors.ts';
import { defineOperator, type InputKind, type InputSpec } from '../../core/operator.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { type Tensor, viewOf } from '../../core/tensor.ts';
import { multiply } from '../elementwise/multiply.ts';
import { scale } from '../elementwise/scale.ts';
import { gemm } from '../matmul/gemm.ts';
import { defaultEpsilon, l2Normalise, rowGrid, rowInverseNorms } from '../norm/l2_normalise.ts';
import { meanOfEntries } from '../reduce/mean_of_entries.ts';
import { classMembers } from '../shape/class_members.ts';
import { checkNumbers } from './agent_options.ts';
import { centerReference } from './center_loss.reference.ts';
import { checkHead, headCost, headInputs } from './class_head.ts';
import type { LossWithStatistics } from './statistics.ts';

const lossKernel = { name: 'center_loss', source: lossSource };
const updateKernel = { name: 'center_update', source: updateSource };

/** Options of the center loss. */
export interface CenterOptions {
  /** Step of the centers (default 0.5); 0 leaves them where they are. */
  alpha?: number;
  /** false: the features as they are, as Wen et al. have it (default true: on the unit sphere). */
  normalise?: boolean;
}

const optionNames: OptionNames<CenterOptions> = { alpha: true, normalise: true };

/**
 * Center loss (Wen et al. 2016), with x the features on the unit sphere:
 *
 *   loss = Σ_i ‖x_i − c_{y_i}‖² / 2n,   Δ_j = Σ_{y_i=j} (c_j − x_i) / (1 + count_j),   c_j ← c_j − α·Δ_j
 *
 * The mean over the batch is that of the released Caffe code; the paper's formula has the sum. The centers have no gradient: every
 * call moves those of the classes that occur, after the loss is computed with what they were. The statistics are the cosines
 * to the centers and as number of entries n.
 *
 * @param features [n, d]
 * @param centers [classes, d]: a leaf without gradient, changed in place
 * @param labels [n] u32 below `classes`. They are on the device: only `debug: { checkLabels: true }` finds a larger one, which
 *   otherwise counts as the last class
 * @throws ArgumentError if shapes, types or options do not fit
 */
export function centerHead(
  features: Tensor,
  centers: Tensor,
  labels: Tensor,
  options: CenterOptions = {},
): LossWithStatistics {
  const operator = 'centerLoss';
  checkOptionNames(operator, options, optionNames);
  const { alpha = 0.5, normalise = true } = options;
  checkHead(operator, features, centers, labels);
  checkNumbers(operator, { alpha });
  check(
    !centers.requiresGradient && centers.node === null,
    operator,
    () => `the centers ${formatShape(centers.shape)} have a rule of their own: they take no gradient`,
  );
  const { device } = features;
  const [classes, d] = centers.shape as [number, number];
  const n = features.shape[0]!;
  const x = normalise ? l2Normalise(features) : features;
  const { grid, constants: rows } = rowGrid(device, n);
  const constants = { ...rows, SAMPLES: n, CLASSES: classes, D: d };
  const differences = device.empty([n, d]);
  const { loss, statistics } = device.within(operator, () => {
    const inverseNorms = viewOf(rowInverseNorms(centers, defaultEpsilon), [1, classes]);
    const directions = gemm(inverseNorms, centers, { out: device.empty([1, d]) });
    const entries = device.empty([n, 2]);
    const cosines = device.empty([n, 4]);
    device.dispatch({
      kernel: lossKernel,
      constants: { ...constants, EPSILON: defaultEpsilon },
      bindings: { x, centers, labels, directions, differences, entries, cosines },
      grid,
      cost: { flops: 10 * n * d, bytes: 12 * n * d },
    });
    if (alpha > 0) moveCenters(centers, labels, differences, alpha);
    return meanOfEntries(entries, cosines);
  });
  record(loss, {
    operator,
    inputs: [x],
    backward: (upstream) => {
      const gradient = multiply(viewOf(scale(differences, 1 / n), [n * d]), viewOf(upstream, [1]));
      return [viewOf(gradient, [n, d])];
    },
  });
  return { loss, statistics };
}

/** @param differences [n, d]: x_i − c_{y_i} */
function moveCenters(centers: Tensor, labels: Tensor, differences: Tensor, alpha: number): void {
  const { device } = centers;
  const [n, d] = differences.shape as [number, number];
  const constants = { SAMPLES: n, CLASSES: centers.shape[0]! };
  const members = classMembers(labels, constants.CLASSES);
  const { grid, constants: rows } = rowGrid(device, n);
  device.dispatch({
    kernel: updateKernel,
    constants: { ...constants, ...rows, D: d, ALPHA: alpha },
    bindings: { differences, labels, members, centers },
    grid,
    cost: { flops: 2 * n * d, bytes: 12 * n * d },
  });
}

/** The loss of {@link centerHead} alone. */
export function centerLoss(
  features: Tensor,
  centers: Tensor,
  labels: Tensor,
  options: CenterOptions = {},
): Tensor {
  return centerHead(features, centers, labels, options).loss;
}

/** Only features are normalised: centers are never extreme. */
const inputs = (n: number, classes: number, d: number, kind?: InputKind): InputSpec[] =>
  headInputs(n, classes, d, kind).map((input, i) =>
    i === 1 ? { ...input, differentiable: false, kind: kind === 'extremeRows' ? 'normal' : kind } : input,
  );

export const centerLossOperator = defineOperator<CenterOptions>({
  name: 'centerLoss',
  family: 'loss',
  apply: ([features, centers, labels], options) => centerLoss(features!, centers!, labels!, options),
  reference: ([features, centers, labels], options) =>
    centerReference(features!, centers!, labels!, options).loss,
  cost: headCost,
  // With α = 0: a second call has the same result.
  cases: [
    { inputs: inputs(5, 7, 6), attributes: { alpha: 0 } },
    { inputs: inputs(1, 1, 1), attributes: { alpha: 0, normalise: false } },
    { inputs: inputs(9, 5, 6, 'extremeRows'), attributes: { alpha: 0 } },
    { inputs: inputs(67, 13, 37), attributes: { alpha: 0 } },
    { inputs: inputs(67, 13, 37), attributes: { alpha: 0, normalise: false } },
    { inputs: inputs(33, 65, 68, 'outliers'), attributes: { alpha: 0 } },
    { inputs: inputs(33, 65, 68, 'outliers'), attributes: { alpha: 0, normalise: false } },
  ],
  misuses: [
    {
      inputs: [{ shape: [2, 3] }, { shape: [4, 5] }, { shape: [2], kind: 'labels', classes: 4 }],
      attributes: {},
      message: /centerLoss: .*features \[2, 3\], weights \[4, 5\]/,
    },
    {
      inputs: headInputs(2, 4, 3),
      attributes: {},
      message: /centerLoss: the centers \[4, 3\] have a rule of their own/,
    },
    {
      inputs: inputs(2, 4, 3),
      attributes: { alpha: -0.5 },
      message: /centerLoss: alpha must be a number from 0, not -0.5/,
    },
  ],
});
