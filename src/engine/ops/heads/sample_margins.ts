import adaptiveSource from '../../../shaders/heads/adaptive_margins.wesl';
import elasticSource from '../../../shaders/heads/elastic_margins.wesl';
import radialSource from '../../../shaders/heads/magnitude_grad_radial.wesl';
import magnitudeSource from '../../../shaders/heads/magnitude_margins.wesl';
import statisticsSource from '../../../shaders/heads/margin_statistics.wesl';
import type { Device, Tensor } from '../../core/tensor.ts';
import type { Dispatch } from '../../runtime/kernel.ts';
import { runtimeOf } from '../../runtime/runtime.ts';
import type { FusedHead } from './fused_head.ts';
import {
  defaultAlpha,
  defaultConcentration,
  defaultRegulariser,
  type MagnitudeMargin,
  type SampleMargin,
} from './sample_margin.ts';
import { type LossWithStatistics, statisticNames } from './statistics.ts';

const adaptiveKernel = { name: 'adaptive_margins', source: adaptiveSource };
const magnitudeKernel = { name: 'magnitude_margins', source: magnitudeSource };
const elasticKernel = { name: 'elastic_margins', source: elasticSource };
const radialKernel = { name: 'magnitude_grad_radial', source: radialSource };
const statisticsKernel = { name: 'margin_statistics', source: statisticsSource };

/** Statistics of a head whose samples have margins of their own. */
export const sampleMarginStatistics = statisticNames(statisticsSource);

/** Lengths that count as they are in AdaFace, and what is added to their deviation (`head.py` of the authors). */
const adaFace = { LEAST: 1e-3, MOST: 100, EPSILON: 1e-3 };

/**
 * Gives every sample its margin, as its parameter.
 *
 * @param samples [n] of shaders/heads/softmax_samples
 * @param isWhole whether they are the whole batch, wherever `setRandom` says that it begins: ranks have gathered them
 */
export function setSampleMargins(margin: SampleMargin, samples: Tensor, isWhole: boolean): void {
  overSamples(samples.device, samples, assignmentOf(margin, samples, isWhole));
}

/** The kernel that gives margins away, and what it takes. */
function assignmentOf(margin: SampleMargin, samples: Tensor, isWhole: boolean): OverSamples {
  const { device } = samples;
  switch (margin.kind) {
    case 'adaptive': {
      const { margin: m, concentration = defaultConcentration, alpha = defaultAlpha, running } = margin;
      return {
        kernel: adaptiveKernel,
        constants: { MARGIN: m, H: concentration, ALPHA: alpha, ...adaFace },
        bindings: { samples, running },
      };
    }
    case 'magnitude':
      return { kernel: magnitudeKernel, constants: lineOf(margin), bindings: { samples } };
    case 'elastic': {
      const { margin: m, deviation, assignment = 'random', clamped = false } = margin;
      const { random } = runtimeOf(device);
      const isDrawn = assignment === 'random';
      const n = samples.shape[0]!;
      return {
        kernel: elasticKernel,
        constants: { MARGIN: m, DEVIATION: deviation, STREAM: random.nextStream() },
        conditions: {
          clamped,
          whole: isWhole,
          sorted: assignment === 'sorted',
          released: assignment === 'released',
        },
        bindings: { random: random.tensor, samples, ...(isDrawn ? {} : { drawn: device.empty([2, n]) }) },
        flops: isDrawn ? 32 : 4 * n,
      };
    }
  }
}

/** Completes the statistics, and adds to the loss what a margin adds. */
export function finishSampleMargins(
  margin: SampleMargin,
  samples: Tensor,
  { loss, statistics }: LossWithStatistics,
): void {
  const isRegularised = margin.kind === 'magnitude';
  overSamples(loss.device, samples, {
    kernel: statisticsKernel,
    constants: isRegularised ? lineOf(margin) : {},
    conditions: { regularised: isRegularised },
    bindings: { samples, statistics: statistics.values, ...(isRegularised ? { loss } : {}) },
  });
}

/** The gradient of the features' lengths, where margins have one. */
export function addMarginGradient(
  margin: SampleMargin,
  head: FusedHead,
  upstream: Tensor,
  gradients: Tensor,
): void {
  if (margin.kind !== 'magnitude') return;
  const conditions = { easy: margin.easy ?? true };
  head.addToFeatures(
    radialKernel,
    { constants: lineOf(margin), conditions, bindings: { upstream } },
    gradients,
  );
}

/** MagFace's margin as a line over lengths. */
function lineOf({ margins, norms, regulariser = defaultRegulariser }: MagnitudeMargin) {
  return { LOW: margins[0], HIGH: margins[1], LEAST: norms[0], MOST: norms[1], LAMBDA: regulariser };
}

/** A kernel of one workgroup that goes over the samples. */
interface OverSamples extends Pick<Dispatch, 'kernel' | 'constants' | 'conditions' | 'bindings'> {
  /** Arithmetic for a sample (default 16). */
  readonly flops?: number;
}

function overSamples(device: Device, samples: Tensor, { flops = 16, constants, ...own }: OverSamples): void {
  const n = samples.shape[0]!;
  device.dispatch({
    ...own,
    constants: { ...constants, SAMPLES: n, WORKGROUP: device.report.software ? 32 : 256 },
    grid: [1, 1, 1],
    cost: { flops: flops * n, bytes: 2 * samples.bytes },
  });
}
