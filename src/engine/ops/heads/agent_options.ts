import { checkArgument } from '../../core/errors.ts';
import type { OptionNames } from '../../core/options.ts';
import { defaultEpsilon } from '../norm/l2_normalise.ts';
import type { ClassShard } from './class_shard.ts';

/** What the agent losses have in common. */
export interface AgentOptions {
  /**
   * `exact` (default): the gradient of the loss; `caffe`: the one of the author's layer where that is another.
   */
  gradient?: 'exact' | 'caffe';
  /** w of the positives (default 1). */
  positiveWeight?: number;
  /** w of the negatives (default 1). */
  negativeWeight?: number;
  /** Samples farther from their agent than `positiveUpperBound` are only pulled to it: their negatives do not count. */
  positiveFirst?: boolean;
  /** A squared distance (default 1). */
  positiveUpperBound?: number;
  /** false: the agents are on the unit sphere already, by a normalisation elsewhere, and get the plain gradient (default true). */
  normaliseWeights?: boolean;
  /** Added to squared norms, inside the root (default 1e-12). */
  epsilon?: number;
  /** The weights are of some of the classes, and other ranks have the others (default: of all classes). */
  shard?: ClassShard | null;
}

export const agentOptionNames: OptionNames<AgentOptions> = {
  gradient: true,
  positiveWeight: true,
  negativeWeight: true,
  positiveFirst: true,
  positiveUpperBound: true,
  normaliseWeights: true,
  epsilon: true,
  shard: true,
};

export const agentDefaults = {
  gradient: 'exact',
  positiveWeight: 1,
  negativeWeight: 1,
  positiveFirst: false,
  positiveUpperBound: 1,
  normaliseWeights: true,
  epsilon: defaultEpsilon,
  shard: null,
} satisfies AgentOptions;

/** @throws ArgumentError unless all of them are finite and not negative */
export function checkNumbers(operator: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    checkArgument(
      Number.isFinite(value) && value >= 0,
      operator,
      () => `${name} must be a number from 0, not ${value}`,
    );
  }
}
