import { check, checkArgument } from '../../core/errors.ts';
import { checkOptionNames, type OptionNames } from '../../core/options.ts';
import { type Device, Tensor } from '../../core/tensor.ts';
import { type CurricularMargin, checkCurriculum } from './curriculum.ts';
import {
  checkSampleMargin,
  isSampleMargin,
  type SampleMargin,
  sampleMarginNeedsAngle,
} from './sample_margin.ts';

/** What a softmax over cosines puts in their place: shaders/lib/margin. */
export type Margin = CommonMargin | SampleMargin;

/** A margin that is the same for all samples. */
export type CommonMargin =
  /** AM-Softmax and CosFace: cos θ − m for the own class; with `onlyAbove` where cos θ > m, as in AM-Softmax's layer. */
  | { readonly kind: 'cosine'; readonly margin: number; readonly onlyAbove?: boolean }
  /**
   * ArcFace: cos(θ + m) for the own class. `easy` leaves cosines below 0 alone. `straightThrough` takes its slope for 1, as
   * implementations do that differentiate around the arc cosine.
   */
  | {
      readonly kind: 'angle';
      readonly margin: number;
      readonly easy?: boolean;
      readonly straightThrough?: boolean;
    }
  /** SphereFace: (λ·cos θ + ψ(θ))/(λ + 1) for the own class, ψ the monotonous continuation of cos(multiple·θ). */
  | {
      readonly kind: 'multiple-angle';
      readonly multiple: number;
      /** λ from 0, or one number in a tensor, which may change from step to step. */
      readonly annealing: Tensor | number;
    }
  /** Circle loss at class level: quadratic in the cosine, weights of the pairs not differentiated. */
  | { readonly kind: 'circle'; readonly margin: number }
  | CurricularMargin;

type Kind = Margin['kind'];

const optionNames: { readonly [K in Kind]: OptionNames<Extract<Margin, { readonly kind: K }>> } = {
  cosine: { kind: true, margin: true, onlyAbove: true },
  angle: { kind: true, margin: true, easy: true, straightThrough: true },
  'multiple-angle': { kind: true, multiple: true, annealing: true },
  circle: { kind: true, margin: true },
  curricular: { kind: true, margin: true, t: true, momentum: true },
  adaptive: { kind: true, margin: true, concentration: true, alpha: true, running: true },
  magnitude: { kind: true, margins: true, norms: true, regulariser: true, easy: true },
  elastic: { kind: true, of: true, margin: true, deviation: true, assignment: true, clamped: true },
};

/** @throws ArgumentError for a kind or an option that there is not, and for numbers that the margin is not defined for */
export function checkMargin(operator: string, margin: Margin): void {
  checkArgument(
    Object.hasOwn(optionNames, margin?.kind),
    operator,
    () => `the kind of the margin must be ${Object.keys(optionNames).join(', ')}, not ${margin?.kind}`,
  );
  checkOptionNames<Margin>(operator, margin, optionNames[margin.kind] as OptionNames<Margin>);
  if (isSampleMargin(margin)) {
    checkSampleMargin(operator, margin);
    return;
  }
  if (margin.kind === 'multiple-angle') {
    const { multiple, annealing } = margin;
    checkArgument(
      Number.isInteger(multiple) && multiple >= 1 && multiple <= 16,
      operator,
      () => `the multiple of the angle must be a whole number from 1 to 16, not ${multiple}`,
    );
    check(
      annealing instanceof Tensor
        ? annealing.size === 1 && annealing.dtype === 'f32'
        : Number.isFinite(annealing) && annealing >= 0,
      operator,
      () =>
        `annealing must be a number from 0 or one f32 in a tensor, not ${annealing instanceof Tensor ? `[${annealing.shape}] ${annealing.dtype}` : annealing}`,
    );
    return;
  }
  if (margin.kind === 'curricular') checkCurriculum(operator, margin);
  const limit = margin.kind === 'angle' || margin.kind === 'curricular' ? Math.PI : 2;
  checkArgument(
    margin.margin >= 0 && margin.margin < limit,
    operator,
    () => `the margin must be a number from 0 to below ${Number(limit.toFixed(4))}, not ${margin.margin}`,
  );
}

/** Whether it is made of the angle to the own class, beside its cosine. */
export function needsOwnAngle(margin: Margin | null): boolean {
  if (isSampleMargin(margin)) return sampleMarginNeedsAngle(margin);
  return margin?.kind === 'angle' || margin?.kind === 'curricular';
}

/** What the kernels need to apply a margin; nothing for null. */
export function marginBindings(device: Device, margin: Margin | null) {
  const constants: Record<string, number> = {};
  const conditions: Record<string, boolean> = {};
  const bindings: Record<string, Tensor> = {};
  if (!margin) return { constants, conditions, bindings };
  conditions.margin = true;
  constants.MARGIN = 'margin' in margin ? margin.margin : 0;
  constants.MULTIPLE = margin.kind === 'multiple-angle' ? margin.multiple : 1;
  switch (margin.kind) {
    case 'cosine':
      conditions.cosine_margin = true;
      conditions.only_above = margin.onlyAbove ?? false;
      break;
    case 'angle':
      conditions.angle_margin = true;
      conditions.easy = margin.easy ?? false;
      conditions.straight_through = margin.straightThrough ?? false;
      break;
    case 'multiple-angle': {
      const { annealing } = margin;
      conditions.multiple_angle = true;
      bindings.annealing = annealing instanceof Tensor ? annealing : device.constant(annealing, [1]);
      break;
    }
    case 'curricular':
      conditions.angle_margin = true;
      break;
    case 'circle':
      conditions.circle = true;
      break;
    case 'adaptive':
      conditions.adaptive_margin = true;
      break;
    case 'magnitude':
      conditions.angle_margin = true;
      conditions.easy = margin.easy ?? true;
      conditions.sample_margin = true;
      break;
    case 'elastic':
      conditions[margin.of === 'angle' ? 'angle_margin' : 'cosine_margin'] = true;
      conditions.unbounded = true;
      conditions.sample_margin = true;
  }
  return { constants, conditions, bindings };
}
