import { z } from 'zod';
import { classSampling } from './class-sampling.ts';
import { defineLoss } from './loss.ts';
import { marginHead } from './margin-head.ts';
import { factor, labelSmoothing, shared, weightNormalisation } from './settings.ts';

const annealing = z
  .strictObject({
    initial: factor.default(1000).describe('λ before the first step.'),
    gamma: factor.default(0.12).describe('How fast λ falls: λ = initial·(1 + gamma·t)^−power at step t.'),
    power: factor.default(1).describe('The exponent.'),
    minimum: factor.default(5).describe('λ does not fall below.'),
  })
  .prefault({})
  .describe('λ, by which the plain cosine is mixed in.');

/** λ of step t, the first of which is 1 as in the authors' layer: max(minimum, initial·(1 + gamma·t)^−power). */
export function annealed(
  { initial, gamma, power, minimum }: z.output<typeof annealing>,
  step: number,
): number {
  return Math.max(minimum, initial * (1 + gamma * step) ** -power);
}

/**
 * SphereFace, A-Softmax (arXiv 1704.08063): ‖f‖·(λ·cos θ + ψ(θ))/(1 + λ) for the own class, with a λ that falls from step to step. The
 * gradient is that of the loss; the authors' layer rescales the own class's.
 */
export const sphereface = defineLoss({
  name: 'sphereface',
  schema: z
    .strictObject({
      name: z.literal('sphereface'),
      multiple: z.int().min(1).max(16).default(4).describe('m of ψ(θ) = (−1)^k·cos(mθ) − 2k.'),
      annealing,
      weightNormalisation,
      classSampling,
      labelSmoothing,
      ...shared,
    })
    .describe(
      'A multiple of the angle for the own class (A-Softmax, arXiv 1704.08063; docs/reference.md#sphereface).',
    ),
  needsWholeBatch: () => undefined,
  head: (config, context) => {
    const { multiple } = config;
    const lambda = context.device.tensor([annealed(config.annealing, 1)], [1]);
    return {
      ...marginHead(config, context, {
        margin: { kind: 'multiple-angle', multiple, annealing: lambda },
        scale: () => ({ scale: 1 }),
        normaliseFeatures: false,
      }),
      hasScale: false,
      prepare: (step) => lambda.write([annealed(config.annealing, step + 1)]),
      dispose: () => lambda.dispose(),
    };
  },
});
