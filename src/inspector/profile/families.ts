/** Operators by kind of work: what gives them their colour in every picture. */

import { seriesColours, type ThemedColour } from '../../common/palette.ts';
import type { OperatorFamily } from '../../engine/core/operator.ts';
import { operators } from '../../engine/ops/index.ts';

export interface Family extends ThemedColour {
  readonly name: string;
}

const family = (name: string, colour: number): Family => ({ name, ...seriesColours[colour]! });

/** Each with one of the ten colours that readers with a colour deficiency can tell apart, too. */
export const families = {
  convolution: family('convolutions', 0),
  product: family('products', 4),
  activation: family('activations', 2),
  pooling: family('pooling', 8),
  normalisation: family('normalisation', 5),
  loss: family('losses', 3),
  random: family('dropout', 7),
  images: family('images', 6),
  optimiser: family('optimiser', 1),
  elements: family('sums and copies', 9),
} as const satisfies Readonly<Record<OperatorFamily, Family>>;

export type FamilyName = OperatorFamily;

/** In the order of legends. */
export const familyNames = Object.keys(families) as FamilyName[];

/** Of the operators in the table, by name. */
const familiesOfOperators: ReadonlyMap<string, FamilyName> = new Map(
  operators.map(({ name, family }) => [name, family]),
);

/** The family of an operator; `elements` of one that is not in the table, and of a kernel that no operator calls. */
export function familyOf(operator: string): FamilyName {
  return familiesOfOperators.get(operator) ?? 'elements';
}
