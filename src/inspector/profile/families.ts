/** Operators by kind of work: what gives them their colour in every picture. */

import { seriesColours, type ThemedColour } from '../../common/palette.ts';

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
} as const satisfies Readonly<Record<string, Family>>;

export type FamilyName = keyof typeof families;

/** In the order of legends. */
export const familyNames = Object.keys(families) as FamilyName[];

/** The first that fits decides. */
const patterns: readonly (readonly [RegExp, FamilyName])[] = [
  [/loss$/i, 'loss'],
  [/^conv/i, 'convolution'],
  [/^(matmul|gemm|linear)$/i, 'product'],
  [/^(prelu|relu|maxFeatureMap)/i, 'activation'],
  [/pool/i, 'pooling'],
  [/norm/i, 'normalisation'],
  [/^dropout$/i, 'random'],
  [/^imageBatch$/i, 'images'],
  [/^(sgd|adam|adamw|RowSubset)$/i, 'optimiser'],
];

/** Whether this is the reverse pass of an operator. */
export function isBackward(operator: string): boolean {
  return operator.endsWith(' backward');
}

/** The family of an operator, of its reverse pass, or of a kernel that no operator calls. */
export function familyOf(operator: string): FamilyName {
  const forward = operator.replace(/ backward$/, '');
  return patterns.find(([pattern]) => pattern.test(forward))?.[1] ?? 'elements';
}
