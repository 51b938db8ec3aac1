/** CurricularFace (arXiv 2004.00288): a margin of the angle, beside which hard classes weigh more as the training goes on. */

import source from '../../../shaders/heads/curricular_samples.wesl';
import { check, checkArgument, formatShape } from '../../core/errors.ts';
import { Tensor } from '../../core/tensor.ts';

const samplesKernel = { name: 'curricular_samples', source };

/** ArcFace's cos(θ + m) for the own class, and cos θ_j·(t + cos θ_j) for others whose cosine is above cos(θ + m). */
export interface CurricularMargin {
  readonly kind: 'curricular';
  readonly margin: number;
  /**
   * A finite number, or one f32 in a tensor without gradient, which every call moves to momentum·t + (1 − momentum)·(mean cosine of the
   * samples to their classes) before it is used; the authors' starts at 0.
   */
  readonly t: Tensor | number;
  /** Share of t that stays, from 0 to below 1 (default 0.99). */
  readonly momentum?: number;
}

/** As in the authors' code. */
const defaultMomentum = 0.99;

/** @throws ArgumentError for a t or a momentum that cannot be */
export function checkCurriculum(operator: string, { t, momentum = defaultMomentum }: CurricularMargin): void {
  const given = (): string => {
    if (!(t instanceof Tensor)) return String(t);
    return `${formatShape(t.shape)} ${t.dtype}${t.requiresGradient ? ' with a gradient' : ''}`;
  };
  check(
    t instanceof Tensor ? t.size === 1 && t.dtype === 'f32' && !t.requiresGradient : Number.isFinite(t),
    operator,
    () => `t must be a finite number or one f32 in a tensor that requires no gradient, not ${given()}`,
  );
  checkArgument(
    momentum >= 0 && momentum < 1,
    operator,
    () => `momentum must be a number from 0 to below 1, not ${momentum}`,
  );
}

/**
 * Completes what is known of every sample before its scores, and moves t where that is a tensor.
 *
 * @param samples [n] of shaders/heads/softmax_samples, with the gaps of all of them
 */
export function followCurriculum(
  samples: Tensor,
  { margin, t, momentum = defaultMomentum }: CurricularMargin,
): void {
  const { device, bytes } = samples;
  const n = samples.shape[0]!;
  const moving = t instanceof Tensor;
  device.dispatch({
    kernel: samplesKernel,
    constants: { SAMPLES: n, MARGIN: margin, KEPT: momentum, WORKGROUP: device.report.software ? 32 : 256 },
    conditions: { curricular: true, moving },
    bindings: { samples, t: moving ? t : device.constant(t, [1]) },
    grid: [1, 1, 1],
    cost: { flops: 16 * n, bytes: 2 * bytes },
  });
}
