/** Set-ups that show something the paper says (arXiv 1704.06369), and what to look for. */

import { defaultSetup, type Setup } from './setup.ts';

export interface Preset {
  /** For readers who do not have the paper at hand. */
  readonly title: string;
  readonly setup: Setup;
  /** What will be seen. */
  readonly lookFor: string;
}

export const presets: readonly Preset[] = [
  {
    title: 'Softmax',
    setup: defaultSetup('faces', 'softmax'),
    lookFor:
      'Plain softmax (Figure 2 of the paper): features of a class form a ray from the origin, and two of one class can be farther apart than two of different classes.',
  },
  {
    title: 'Softmax with a bias',
    // Where a class comes to lie is up to the start; with this one it is the origin.
    setup: { ...defaultSetup('faces', 'softmax-bias'), seed: 5 },
    lookFor:
      'With a bias in the last layer (Figure 3) a class may sit at the origin; switch to normalised features and it is scattered over the circle.',
  },
  {
    title: 'Cosines, s = 1',
    setup: { ...defaultSetup('faces', 'normface'), scale: 1 },
    lookFor:
      'Cosines without a scale s: the bound of Proposition 2 lies high, and however long it trains the loss stays above it.',
  },
  {
    title: 'NormFace, s = 10',
    setup: defaultSetup('faces', 'normface'),
    lookFor:
      'Cosines times ten, the loss of NormFace: the bound is far below, and features gather around their agents on the circle.',
  },
  {
    title: 'NormFace, s learnt',
    setup: { ...defaultSetup('faces', 'normface'), scale: 'learnt' },
    lookFor: 'The scale is trained with the net, from ten on; the bound moves with it.',
  },
  {
    title: 'NormFace in space',
    setup: { ...defaultSetup('faces', 'normface'), dimension: 3 },
    lookFor:
      'Three numbers a feature: classes spread over the sphere. Drag it, or turn it with the arrow keys.',
  },
  {
    title: 'C-contrastive',
    setup: defaultSetup('faces', 'c-contrastive'),
    lookFor:
      'Each feature is pulled to its agent, and pushed away from others that are within the margin: on the sphere ten agents find room for that.',
  },
  {
    title: 'C-triplet',
    setup: defaultSetup('faces', 'c-triplet'),
    lookFor: 'Each feature must be nearer to its own agent than to any other, by the margin.',
  },
  {
    title: 'ArcFace',
    setup: defaultSetup('faces', 'arcface'),
    lookFor:
      'An angle is added to that of the own agent: classes get narrower than cosines alone would make them.',
  },
  {
    title: 'Two classes, no margin',
    setup: { ...defaultSetup('clusters'), margin: 0, seed: 6 },
    lookFor:
      'Fixed features of two classes that overlap (Figure 6); only the agents move. Without a margin they end at the centres of their classes, the large rings.',
  },
  {
    title: 'Two classes, margin 1',
    setup: { ...defaultSetup('clusters'), seed: 6 },
    lookFor:
      'The same with a margin: features of the other class push, and the agents end beyond the centres, away from the boundary.',
  },
];

/** A set-up on digits instead of people; the sketch of Figure 6 stays what it is. */
export function onDigits(setup: Setup): Setup {
  return setup.data === 'faces' ? { ...setup, data: 'mnist' } : setup;
}

/** The preset of a set-up, on people or on digits and whatever its learning rate. */
export function presetOf(setup: Setup): Preset | undefined {
  const keys = (Object.keys(setup) as (keyof Setup)[]).filter((key) => key !== 'learningRate');
  const isLike = (wanted: Setup) => keys.every((key) => wanted[key] === setup[key]);
  return presets.find((preset) => isLike(preset.setup) || isLike(onDigits(preset.setup)));
}
