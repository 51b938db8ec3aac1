import { check, checkArgument } from '../../core/errors.ts';
import { checkOptionValue } from '../../core/options.ts';
import { Tensor } from '../../core/tensor.ts';

/** AdaFace (arXiv 2204.00964): s·(cos(θ + g) − (m − g)) for the own class, g = −m·ẑ, ẑ how the feature's length stands to others. */
export interface AdaptiveMargin {
  readonly kind: 'adaptive';
  /** m */
  readonly margin: number;
  /**
   * h: ẑ = h·(‖f‖ − μ)/(σ + 10⁻³), within [−1, 1], of lengths within [10⁻³, 100] and without gradient (default 0.333). A negative one gives
   * large margins to short features.
   */
  readonly concentration?: number;
  /** How far each batch moves μ and σ to its own: from 0, where they stay, to 1, where those before do not count (default 0.01). */
  readonly alpha?: number;
  /** [2] f32 that requires no gradient: μ and σ, kept from call to call. */
  readonly running: Tensor;
}

/** MagFace (arXiv 2103.06627): ArcFace with a margin that is linear in the feature's length, and differentiated. */
export interface MagnitudeMargin {
  readonly kind: 'magnitude';
  /** The least and the largest margin, angles: see `norms`. */
  readonly margins: readonly [number, number];
  /** Lengths with these margins; shorter and longer features have them too, without a gradient. */
  readonly norms: readonly [least: number, most: number];
  /** λ of λ·mean(a/most² + 1/a) in the loss, a the length (default 35). */
  readonly regulariser?: number;
  /** Leaves cosines below 0 alone; false: past θ + m = π it goes on as ArcFace (default true). */
  readonly easy?: boolean;
}

/** ElasticFace (arXiv 2109.09416): ArcFace or CosFace with margins from a normal distribution, drawn by `device.setRandom`. */
export interface ElasticMargin {
  readonly kind: 'elastic';
  /** What the margin is added to, or subtracted from: cos(θ + m), without a change past π, or cos θ − m. */
  readonly of: 'angle' | 'cosine';
  readonly margin: number;
  /** σ, the standard deviation. */
  readonly deviation: number;
  /**
   * Which sample gets which of a batch's margins: as they are drawn; `sorted`: the smallest to the largest cosine (ElasticFace+); `released`: as
   * the authors' code does that, which takes a permutation for its inverse (default random).
   */
  readonly assignment?: 'random' | 'sorted' | 'released';
  /** Keeps margins within one σ (default false). */
  readonly clamped?: boolean;
}

/** A margin that every sample has of its own. */
export type SampleMargin = AdaptiveMargin | MagnitudeMargin | ElasticMargin;

export const defaultConcentration = 0.333;
export const defaultAlpha = 0.01;
export const defaultRegulariser = 35;

export function isSampleMargin(margin: { readonly kind: string } | null): margin is SampleMargin {
  return margin !== null && ['adaptive', 'magnitude', 'elastic'].includes(margin.kind);
}

/** @throws ArgumentError for numbers that the margin is not defined for */
export function checkSampleMargin(operator: string, margin: SampleMargin): void {
  const wants = (isRight: boolean, what: string, value: unknown): void =>
    checkArgument(isRight, operator, () => `${what}, not ${value}`);
  switch (margin.kind) {
    case 'adaptive': {
      const { margin: m, concentration: h = defaultConcentration, alpha = defaultAlpha, running } = margin;
      wants(m >= 0 && m < 2, 'the margin must be a number from 0 to below 2', m);
      wants(Number.isFinite(h), 'the concentration must be a finite number', h);
      wants(alpha >= 0 && alpha <= 1, 'alpha must be a number from 0 to 1', alpha);
      check(
        running instanceof Tensor &&
          running.dtype === 'f32' &&
          running.size === 2 &&
          !running.requiresGradient,
        operator,
        () => 'running must be two f32 in a tensor that requires no gradient',
      );
      return;
    }
    case 'magnitude': {
      const { margins, norms, regulariser = defaultRegulariser } = margin;
      const isOrdered = ([low, high]: readonly [number, number]): boolean => low <= high;
      wants(
        isOrdered(margins) && margins[0] >= 0 && margins[1] < Math.PI,
        'the margins must be two numbers from 0 to below 3.1416 in order',
        `[${margins}]`,
      );
      wants(
        norms[0] > 0 && norms[0] < norms[1] && Number.isFinite(norms[1]),
        'the norms must be two positive numbers in order',
        `[${norms}]`,
      );
      wants(
        regulariser >= 0 && Number.isFinite(regulariser),
        'the regulariser must be a finite number from 0',
        regulariser,
      );
      return;
    }
    case 'elastic': {
      const { of, margin: m, deviation, assignment } = margin;
      wants(of === 'angle' || of === 'cosine', 'of must be angle or cosine', of);
      checkOptionValue(operator, 'assignment', assignment, ['random', 'sorted', 'released']);
      const limit = of === 'angle' ? Math.PI : 2;
      wants(
        m >= 0 && m < limit,
        `the margin must be a number from 0 to below ${Number(limit.toFixed(4))}`,
        m,
      );
      wants(
        deviation >= 0 && Number.isFinite(deviation),
        'the deviation must be a finite number from 0',
        deviation,
      );
    }
  }
}

/** Whether the angle to the own class has to be known before the classes are gone over. */
export function sampleMarginNeedsAngle(margin: SampleMargin): boolean {
  return margin.kind !== 'elastic' || margin.of === 'angle' || (margin.assignment ?? 'random') !== 'random';
}
