/** The factor s of cosine logits, learnt or fixed (docs/reference.md#scale). */

import { z } from 'zod';
import type { ParameterDeclaration, Parameters } from '../../engine/core/parameters.ts';
import type { Tensor } from '../../engine/core/tensor.ts';
import { factor } from './settings.ts';

const common = {
  minimum: z
    .number()
    .positive()
    .default(0.01)
    .describe("A learnt scale does not fall below (the released head's clamp)."),
  learningRateMultiplier: factor.default(1).describe('Factor of the learning rate for the scale.'),
  decayMultiplier: factor.default(1).describe('Factor of the weight decay for the scale.'),
};

const initial = z.number().positive().describe('Where the scale starts, and stays if it is not learnt.');
const learn = z.boolean().describe('Whether it is a parameter of the training.');

const scaleText = 'The factor s of the logits (docs/reference.md#scale).';

/** Settings of a scale that starts at `start`. */
export function scaleSettings(start: number, isLearnt: boolean) {
  const defaults = { initial: initial.default(start), learn: learn.default(isLearnt) };
  return z
    .strictObject({ ...defaults, ...common })
    .prefault({})
    .describe(scaleText);
}

/** The same where the start and whether it is learnt depend on other settings. */
export const openScaleSettings = z
  .strictObject({ initial: initial.optional(), learn: learn.optional(), ...common })
  .prefault({})
  .describe(scaleText);

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
