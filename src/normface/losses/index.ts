/** Every loss that a configuration can name. */

import { z } from 'zod';
import { adacos } from './adacos.ts';
import { adaface } from './adaface.ts';
import { arcface } from './arcface.ts';
import { cContrastive } from './c-contrastive.ts';
import { cTriplet } from './c-triplet.ts';
import { center } from './center.ts';
import { circle } from './circle.ts';
import { cosface } from './cosface.ts';
import { curricularface } from './curricularface.ts';
import { elasticface } from './elasticface.ts';
import type { Loss } from './loss.ts';
import { magface } from './magface.ts';
import { normface } from './normface.ts';
import { pairContrastive } from './pair-contrastive.ts';
import { softmax } from './softmax.ts';
import { sphereface } from './sphereface.ts';
import { sphereface2 } from './sphereface2.ts';
import { triplet } from './triplet.ts';
import { uniface } from './uniface.ts';

/** In the order in which messages list them. */
const losses = [
  softmax,
  normface,
  cContrastive,
  cTriplet,
  cosface,
  arcface,
  sphereface,
  sphereface2,
  adacos,
  circle,
  curricularface,
  uniface,
  adaface,
  magface,
  elasticface,
  center,
  pairContrastive,
  triplet,
] as const;

type SchemasOf<T extends readonly Loss[]> = { -readonly [K in keyof T]: T[K]['schema'] };

/** The settings of any of the losses; `name` tells which. */
export const lossSchema = z.discriminatedUnion(
  'name',
  losses.map(({ schema }) => schema) as unknown as SchemasOf<typeof losses>,
);

/** Settings of a loss with their defaults filled in. */
export type LossConfig = z.output<typeof lossSchema>;

/** The loss of a configuration: what it knows of its settings fits those, since both have its name. */
export function lossOf({ name }: LossConfig): Loss<z.ZodType<LossConfig>> {
  return losses.find((loss) => loss.name === name) as Loss<z.ZodType<LossConfig>>;
}
