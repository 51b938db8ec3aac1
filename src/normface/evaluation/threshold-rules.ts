import { linearSvm } from './linear-svm.ts';
import { mean } from './result.ts';
import { bestThreshold, countAbove, countBelow, type ScoreSplit, splitScores } from './threshold.ts';

/** How a protocol turns scores into a threshold and a threshold into a number of correct decisions. */
export interface ThresholdRule {
  readonly choose: (training: ScoreSplit) => number;
  readonly correct: (scores: ScoreSplit, threshold: number) => number;
}

/** Share of the selected pairs that a rule decides correctly at a threshold. */
export function accuracyOf(
  rule: ThresholdRule,
  threshold: number,
  scores: Float64Array,
  same: Uint8Array,
  select?: (pair: number) => boolean,
): number {
  const split = splitScores(scores, same, select);
  return rule.correct(split, threshold) / (split.genuine.length + split.impostor.length);
}

const none = new Float64Array(0);

/** Whether a rule decides a single pair correctly. */
export function decidesCorrectly(
  rule: ThresholdRule,
  threshold: number,
  score: number,
  isSame: boolean,
): boolean {
  const one = Float64Array.of(score);
  const split = isSame ? { genuine: one, impostor: none } : { genuine: none, impostor: one };
  return rule.correct(split, threshold) === 1;
}

/** Same person when score > threshold. */
function correctAbove({ genuine, impostor }: ScoreSplit, threshold: number): number {
  return countAbove(genuine, threshold) + impostor.length - countAbove(impostor, threshold);
}

/** Same person when distance < threshold. */
function correctBelow({ genuine, impostor }: ScoreSplit, threshold: number): number {
  return countBelow(genuine, threshold) + impostor.length - countBelow(impostor, threshold);
}

/** The numbers k / denominator for k = from … to. */
function fractions(from: number, to: number, denominator: number): Float64Array {
  return Float64Array.from({ length: to - from + 1 }, (_, k) => (from + k) / denominator);
}

/** Tries every threshold of a grid; `pick` chooses among those that decide most pairs correctly. */
function gridRule(
  grid: Float64Array,
  correct: ThresholdRule['correct'],
  pick: (best: Float64Array) => number,
): ThresholdRule {
  const choose = (training: ScoreSplit) => {
    const reached = Array.from(grid, (threshold) => correct(training, threshold));
    const most = reached.reduce((best, value) => Math.max(best, value), 0);
    return pick(grid.filter((_, k) => reached[k] === most));
  };
  return { choose, correct };
}

export const facenetRule = gridRule(fractions(0, 399, 100), correctBelow, (best) => best[0]!);

export const sphereFacePyTorchRule = gridRule(
  fractions(-200, 199, 200),
  correctAbove,
  (best) => best[best.length - 1]!,
);

/** A score equal to the threshold is wrong whatever the pair. */
export const sphereFaceRule = gridRule(
  fractions(-10000, 10000, 10000),
  ({ genuine, impostor }, threshold) => countAbove(genuine, threshold) + countBelow(impostor, threshold),
  mean,
);

export const exactRule: ThresholdRule = {
  choose: (training) => bestThreshold(training).threshold,
  correct: correctAbove,
};

/**
 * The decision boundary −b / w of a linear support vector machine with C = 1. Where it would decide the wrong way round, genuine
 * pairs having no smaller distances or no higher scores, all pairs get the answer of the larger kind: an indifferent machine
 * (w = 0) does that.
 */
function svmRule(correct: ThresholdRule['correct'], sameIs: 'above' | 'below'): ThresholdRule {
  const choose = (training: ScoreSplit) => {
    const { weight, bias } = linearSvm(training);
    if (sameIs === 'above' ? weight > 0 : weight < 0) return -bias / weight;
    const { genuine, impostor } = training;
    const all = [genuine[0]!, impostor[0]!, genuine.at(-1)!, impostor.at(-1)!];
    const acceptAll = genuine.length > impostor.length;
    return acceptAll === (sameIs === 'below') ? Math.max(...all) + 1 : Math.min(...all) - 1;
  };
  return { choose, correct };
}

export const svmDistanceRule = svmRule(correctBelow, 'below');
export const svmScoreRule = svmRule(correctAbove, 'above');
