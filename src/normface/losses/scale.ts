/** The factor s of cosine logits, learnt or fixed (docs/reference.md#scale). */

import { z } from 'zod';
import type { ParameterDeclaration, Parameters } from '../../engine/core/parameters.ts';
import type { Tensor } from '../../engine/core/tensor.ts';
import { factor } from './settings.ts';

const common = {
  /** A learnt scale does not fall below (the released head's clamp). */
  minimum: z.number().positive().default(0.01),
  learningRateMultiplier: factor.default(1),
  decayMultiplier: factor.default(1),
};

const initial = z.number().positive();

/** Settings of a scale that starts at `start`. */
export function scaleSettings(start: number, learn: boolean) {
  const defaults = { initial: initial.default(start), learn: z.boolean().default(learn) };
  return z.strictObject({ ...defaults, ...common }).prefault({});
}

/** The same where the start and whether it is learnt depend on other settings. */
export const openScaleSettings = z
  .strictObject({ initial: initial.optional(), learn: z.boolean().optional(), ...common })
  .prefault({});

type ScaleSettings = z.output<ReturnType<typeof scaleSettings>>;

export class LogitScale {
  readonly declarations: readonly ParameterDeclaration[];
  private readonly settings: ScaleSettings;
  private readonly name: string;

  constructor(settings: ScaleSettings, prefix: string) {
    const { initial, learn, learningRateMultiplier, decayMultiplier } = settings;
    this.settings = settings;
    this.name = `${prefix}.scale`;
    const init = Float32Array.of(initial);
    this.declarations = learn
      ? [{ name: this.name, shape: [1], init, learningRateMultiplier, decayMultiplier }]
      : [];
  }

  /** What a loss takes for it. */
  of(parameters: Parameters): { readonly scale: Tensor | number; readonly floor: number } {
    const { learn, initial, minimum } = this.settings;
    return { scale: learn ? parameters.get(this.name) : initial, floor: minimum };
  }
}
