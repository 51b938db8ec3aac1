/** The losses that can be watched, each with the settings that suit it. */

import type { TrainingConfigInput } from '../../normface/training/config/config.ts';

type LossInput = NonNullable<TrainingConfigInput['loss']>;

/** A factor of cosines, or that it is learnt, starting at 10 as in the released head. */
export type Scale = number | 'learnt';

export interface LossChoice {
  /** As addresses name it. */
  readonly name: string;
  readonly title: string;
  /** Whether only directions of features and class weights count. */
  readonly cosine: boolean;
  /** The scale at first; without one the loss has none. */
  readonly scale?: Scale;
  readonly margin?: { readonly title: string; readonly initial: number; readonly most: number };
  readonly learningRate: number;
  /** Numbers of a feature at first, default 2. Margins that keep ten classes apart on the sphere are too wide for the circle. */
  readonly dimension?: 3;
  loss(settings: { readonly scale: Scale; readonly margin: number }): LossInput;
}

/** What configurations call the scale. */
function scaleInput(scale: Scale): { initial: number; learn: boolean } {
  return scale === 'learnt' ? { initial: 10, learn: true } : { initial: scale, learn: false };
}

export const lossChoices = [
  {
    name: 'softmax',
    title: 'Softmax',
    cosine: false,
    learningRate: 0.02,
    loss: () => ({ name: 'softmax', decayMultiplier: 0 }),
  },
  {
    name: 'softmax-bias',
    title: 'Softmax with a bias',
    cosine: false,
    learningRate: 0.02,
    loss: () => ({ name: 'softmax', bias: true, decayMultiplier: 0 }),
  },
  {
    name: 'normface',
    title: 'NormFace',
    cosine: true,
    scale: 10,
    learningRate: 0.05,
    loss: ({ scale }) => ({ name: 'normface', scale: scaleInput(scale) }),
  },
  {
    name: 'c-contrastive',
    title: 'C-contrastive',
    cosine: true,
    margin: { title: 'Margin m', initial: 1, most: 4 },
    learningRate: 0.05,
    dimension: 3,
    loss: ({ margin }) => ({ name: 'c-contrastive', negativeMargin: margin }),
  },
  {
    name: 'c-triplet',
    title: 'C-triplet',
    cosine: true,
    margin: { title: 'Margin m', initial: 0.8, most: 4 },
    learningRate: 0.05,
    dimension: 3,
    loss: ({ margin }) => ({ name: 'c-triplet', margin }),
  },
  {
    name: 'arcface',
    title: 'ArcFace',
    cosine: true,
    scale: 16,
    margin: { title: 'Margin in radians', initial: 0.2, most: 1.5 },
    learningRate: 0.05,
    loss: ({ scale, margin }) => ({ name: 'arcface', margin, scale: scaleInput(scale) }),
  },
] as const satisfies readonly LossChoice[];

export type LossName = (typeof lossChoices)[number]['name'];

export function lossChoice(name: LossName): LossChoice {
  return lossChoices.find((choice) => choice.name === name)!;
}

/** Scales that are offered. */
export const scales: readonly Scale[] = [1, 4, 10, 16, 32, 64, 'learnt'];
