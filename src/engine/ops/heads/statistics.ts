import type { Tensor } from '../../core/tensor.ts';
import { structLayout } from '../../runtime/struct-layout.ts';

/** What a training log wants to know of a loss, means over a batch. Which of them a loss gives is said where the loss is. */
export interface LossStatistics {
  /** Mean cosine to the own class, or of pairs of one class. */
  readonly positiveCosine: number;
  /** Mean cosine to the other classes, or of pairs of two. */
  readonly negativeCosine: number;
  /** Factor of the logits. */
  readonly scale?: number;
  /** Bias that all classes share. */
  readonly bias?: number;
  /** Mean entry of a sample with another class. */
  readonly negativeEntry?: number;
  /** Mean entry of a sample with its own class. */
  readonly positiveEntry?: number;
  /** Number of entries that the loss is the mean of. */
  readonly entries?: number;
  /** Mean length of the features, and its standard deviation in the batch. */
  readonly featureNorm?: number;
  readonly normDeviation?: number;
  /** Mean of the margins that samples have of their own. */
  readonly sampleMargin?: number;
}

/** The statistics of a loss on the device: not differentiable, and overwritten by every run of a captured step. */
export interface StatisticsTensor {
  /** What the numbers are, in order. */
  readonly names: readonly (keyof LossStatistics)[];
  /** [names] f32 */
  readonly values: Tensor;
}

/** A loss and what a training log wants to know of it, computed on the way. */
export interface LossWithStatistics {
  /** A scalar. */
  readonly loss: Tensor;
  readonly statistics: StatisticsTensor;
}

const known: Record<keyof LossStatistics, true> = {
  positiveCosine: true,
  negativeCosine: true,
  scale: true,
  bias: true,
  negativeEntry: true,
  positiveEntry: true,
  entries: true,
  featureNorm: true,
  normDeviation: true,
  sampleMargin: true,
};

/**
 * Names of the numbers that a kernel writes: the members of the struct `Statistics` of a shader, in its order.
 *
 * @throws DeviceError if there is none
 * @throws TypeError if {@link LossStatistics} lacks a member
 */
export function statisticNames(source: string): readonly (keyof LossStatistics)[] {
  return structLayout(source, 'Statistics').members.map((member) => {
    const name = member.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    if (!Object.hasOwn(known, name)) throw new TypeError(`there is no statistic ${name} of a loss`);
    return name as keyof LossStatistics;
  });
}

/** The numbers as they are at this point of the work issued. */
export async function readStatistics(statistics: StatisticsTensor): Promise<LossStatistics> {
  return nameStatistics(statistics, await statistics.values.read());
}

/** Numbers that were read of a tensor of statistics, by their names. */
export function nameStatistics({ names }: StatisticsTensor, numbers: ArrayLike<number>): LossStatistics {
  return Object.fromEntries(names.map((name, i) => [name, numbers[i]])) as unknown as LossStatistics;
}
