/** Operators by kind of work: what gives them their colour in every picture. */

export interface Family {
  readonly name: string;
  readonly light: string;
  readonly dark: string;
}

/** Hues that can be told apart, also with the usual colour deficiencies where names stand beside them. */
export const families = {
  convolution: { name: 'convolutions', light: '#1f5fc4', dark: '#7fb2ff' },
  product: { name: 'products', light: '#6a4cc7', dark: '#ae9bf7' },
  activation: { name: 'activations', light: '#16825a', dark: '#5ccb9b' },
  pooling: { name: 'pooling', light: '#007f99', dark: '#51c6dc' },
  normalisation: { name: 'normalisation', light: '#8a6c00', dark: '#d8bb45' },
  loss: { name: 'losses', light: '#c4303f', dark: '#f5818c' },
  random: { name: 'dropout', light: '#b02f8a', dark: '#e884c8' },
  images: { name: 'images', light: '#7b4a28', dark: '#cb9d7b' },
  optimiser: { name: 'optimiser', light: '#c9580c', dark: '#f79a5c' },
  elements: { name: 'sums and copies', light: '#5b6875', dark: '#a2b1c0' },
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
