/** What ranks send of a loss in a step: the exchanges of its head, as src/engine/ops/heads/class_shard.ts carries them out. */

import type { LossConfig } from '../losses/index.ts';

/** A collective of a step, in numbers of 32 bits of the array of all ranks. */
export interface Sent {
  readonly what: string;
  readonly collective: 'allReduce' | 'allGather' | 'reduceScatter';
  readonly numbers: number;
  /** Collectives, one after the other, that these numbers are of. Default 1. */
  readonly times?: number;
}

/** Numbers that the ranks merge of each image: of which they take the largest, those that they add up, and others that they share before. */
interface Shared {
  readonly largest: number;
  readonly sums: number;
  readonly shared: number;
}

/** A loss as far as what it sends depends on it. */
export interface PlannedLoss {
  readonly name: LossConfig['name'];
  /** Of adacos: each batch moves the scale. */
  readonly dynamic?: boolean;
  /** Of softmax losses: smoothed labels take one sum more. */
  readonly labelSmoothing?: number;
  /** Of elasticface: what its margins are of, and which image gets which. */
  readonly form?: 'arc' | 'cos';
  readonly assignment?: string;
  /** Share of the other people's classes that a step draws. What is sent does not depend on it. */
  readonly classSampling?: { readonly rate: number } | undefined;
  /** Share of the numbers of a feature that it does not see. */
  readonly dropout?: number;
}

/** The struct State of shaders/lib/softmax_state has a maximum and five sums; its Sample has five numbers. */
const softmax: Shared = { largest: 1, sums: 5, shared: 0 };
const ofAngle: Shared = { ...softmax, shared: 5 };
/** shaders/lib/agent_state: three sums, the largest entry and its class; its Sample has four numbers. */
const agents: Shared = { largest: 2, sums: 3, shared: 4 };

/** Null: no sum over classes, so that every rank computes the loss of all images. */
const sharedBy: Readonly<Record<LossConfig['name'], Shared | null>> = {
  softmax,
  normface: softmax,
  cosface: softmax,
  circle: softmax,
  arcface: ofAngle,
  adaface: ofAngle,
  magface: ofAngle,
  elasticface: ofAngle,
  sphereface: softmax,
  adacos: softmax,
  // Its Sample has one number more.
  curricularface: { ...softmax, shared: 6 },
  sphereface2: { largest: 0, sums: 4, shared: 0 },
  uniface: { largest: 0, sums: 4, shared: 0 },
  'c-contrastive': agents,
  'c-triplet': agents,
  center: null,
  'pair-contrastive': null,
  triplet: null,
};

/** Whether the ranks divide the classes of a loss, or each has all of them. */
export const dividesClasses = ({ name }: PlannedLoss): boolean => sharedBy[name] !== null;

/**
 * What a head sends, whatever the number of classes and the share of them that is drawn.
 *
 * @param images of all ranks
 * @param featureSize numbers of a feature
 */
export function headTraffic(
  { name, dynamic = false, labelSmoothing = 0, form = 'arc', assignment = 'random' }: PlannedLoss,
  images: number,
  featureSize: number,
): Sent[] {
  const features = images * featureSize;
  const gathered: Sent = { what: 'features: all-gather', collective: 'allGather', numbers: features };
  const shared = sharedBy[name];
  if (!shared) return [gathered];
  // The scale follows from the states, and then the states are those with that scale.
  const times = dynamic ? 2 * images : images;
  const reduced = (what: string, numbers: number): Sent[] =>
    numbers === 0
      ? []
      : [{ what: `${what} of each image: all-reduce`, collective: 'allReduce', numbers: numbers * times }];
  return [
    gathered,
    // Of margins of cosines, as they are drawn, no rank knows more than others.
    ...(form === 'cos' && assignment === 'random' ? [] : reduced('what its own rank knows', shared.shared)),
    ...reduced('largest score', shared.largest),
    ...reduced('sums over classes', shared.sums + (labelSmoothing > 0 ? 1 : 0)),
    { what: 'gradients of the features: reduce-scatter', collective: 'reduceScatter', numbers: features },
  ];
}
