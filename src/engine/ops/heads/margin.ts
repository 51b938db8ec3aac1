import { check, checkArgument } from '../../core/errors.ts';
import { type Device, Tensor } from '../../core/tensor.ts';

/** What a softmax over cosines puts in their place: shaders/lib/margin. */
export type Margin =
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
  /** CurricularFace: ArcFace's cos(θ + m) for the own class, and cos θ_j·(t + cos θ_j) for others whose cosine is above cos(θ + m). */
  | {
      readonly kind: 'curricular';
      readonly margin: number;
      /**
       * A finite number, or one f32 in a tensor without gradient, which every call moves to momentum·t + (1 − momentum)·(mean cosine of the
       * samples to their classes) before it is used; it starts at 0.
       */
      readonly t: Tensor | number;
      /** Share of t that stays, from 0 to below 1 (default 0.99). */
      readonly momentum?: number;
    };

/** Share of CurricularFace's t that stays, as in the authors' code. */
export const defaultMomentum = 0.99;

/** @throws ArgumentError for numbers that the margin is not defined for */
export function checkMargin(operator: string, margin: Margin): void {
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

function checkCurriculum(
  operator: string,
  { t, momentum = defaultMomentum }: Extract<Margin, { kind: 'curricular' }>,
): void {
  check(
    t instanceof Tensor ? t.size === 1 && t.dtype === 'f32' && !t.requiresGradient : Number.isFinite(t),
    operator,
    () =>
      `t must be a finite number or one f32 in a tensor that requires no gradient, not ${t instanceof Tensor ? `[${t.shape}] ${t.dtype}${t.requiresGradient ? ' with a gradient' : ''}` : t}`,
  );
  checkArgument(
    momentum >= 0 && momentum < 1,
    operator,
    () => `momentum must be a number from 0 to below 1, not ${momentum}`,
  );
}

/** Whether the angle of a sample to its own class is needed, found from their difference: see shaders/heads/softmax_samples. */
export const needsAngle = (margin: Margin | null): boolean =>
  margin?.kind === 'angle' || margin?.kind === 'curricular';

/** What the kernels need to apply a margin; nothing for null. */
export function marginBindings(device: Device, margin: Margin | null) {
  const constants: Record<string, number> = {};
  const conditions: Record<string, boolean> = {};
  const bindings: Record<string, Tensor> = {};
  if (!margin) return { constants, conditions, bindings };
  conditions.margin = true;
  constants.MARGIN = margin.kind === 'multiple-angle' ? 0 : margin.margin;
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
  }
  return { constants, conditions, bindings };
}
