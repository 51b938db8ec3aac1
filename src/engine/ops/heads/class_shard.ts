import { fromStored } from '../../core/data-type.ts';
import type { Tensor } from '../../core/tensor.ts';
import type { Communicator } from '../../distributed/communicator.ts';
import { runtimeOf } from '../../runtime/runtime.ts';

/**
 * The classes of a head that this rank has, where several have all of them together and each goes over its own with the samples of all
 * (Partial FC, arXiv 2203.15565, section 3.1). Labels and numbers of classes are those of the whole; a label below `first`, or from
 * `first` + rows on, is of another rank. All ranks compute the loss, from states that are merged between them. Only in captured steps.
 */
export interface ClassShard {
  /** Number of the class whose weights are the first row. */
  readonly first: number;
  /** More than the number of any class. */
  readonly classes: number;
  readonly ranks: Communicator;
  /** [1] u32: classes that take part in a step on all ranks together, where some do not. */
  readonly allInUse?: Tensor | undefined;
}

/** Merges the states of all ranks: see {@link mergeSoftmaxStates} and the other ways of a family. */
export type StateMerge = (states: Float32Array, words: number, ranks: Communicator) => Promise<void>;

/** Makes the states of all ranks one, [samples, words], in place. */
export function mergeStatesOfRanks(states: Tensor, { ranks }: ClassShard, merge: StateMerge): void {
  runtimeOf(states.device).exchange({
    name: 'states of the classes',
    reads: [states],
    writes: [states],
    work: async ([contents]) => {
      const floats = new Float32Array(contents!.buffer as ArrayBuffer);
      await merge(floats, states.shape[1]!, ranks);
      return [contents!];
    },
  });
}

/**
 * Gives all ranks the rows of samples, [samples, words], each from the rank that has the class of the sample.
 *
 * @param weights those of this rank's classes
 */
export function shareOwnRows(samples: Tensor, labels: Tensor, weights: Tensor, shard: ClassShard): void {
  const [, words] = samples.shape as [number, number];
  const end = shard.first + weights.shape[0]!;
  runtimeOf(samples.device).exchange({
    name: 'samples of the classes',
    reads: [samples, labels],
    writes: [samples],
    work: async ([contents, numbers]) => {
      // Sums with zeros keep every bit, of floats as of whole numbers.
      const rows = new Uint32Array(contents!.buffer as ArrayBuffer);
      numbers!.forEach((label, i) => {
        if (label < shard.first || label >= end) rows.fill(0, i * words, (i + 1) * words);
      });
      await shard.ranks.allReduce(rows, 'sum');
      return [fromStored(samples.dtype, rows.buffer)];
    },
  });
}

/**
 * States of lib/softmax_state: the largest logit m of all ranks, then the sums, each of a rank times exp(m_rank − m), together
 * with what its own classes gave.
 */
export const mergeSoftmaxStates: StateMerge = async (states, words, ranks) => {
  const samples = states.length / words;
  const maxima = Float32Array.from({ length: samples }, (_, i) => states[i * words]!);
  await ranks.allReduce(maxima, 'max');
  const sums = new Float32Array(samples * (words - 1));
  for (let i = 0; i < samples; i++) {
    const shrink = Math.exp(states[i * words]! - maxima[i]!);
    for (let k = 1; k < words; k++) {
      const value = states[i * words + k]!;
      // `sum` and `weighted` count from the maximum.
      sums[i * (words - 1) + k - 1] = k <= 2 ? value * shrink : value;
    }
  }
  await ranks.allReduce(sums, 'sum');
  for (let i = 0; i < samples; i++) {
    states[i * words] = maxima[i]!;
    states.set(sums.subarray(i * (words - 1), (i + 1) * (words - 1)), i * words + 1);
  }
};

/** States of lib/agent_state: sums, and the largest entry with its class, of equal ones the first. */
export const mergeAgentStates: StateMerge = async (states, words, ranks) => {
  const samples = states.length / words;
  const numbers = new Uint32Array(states.buffer, states.byteOffset, states.length);
  const sums = new Float32Array(3 * samples);
  const largest = new Float32Array(samples);
  for (let i = 0; i < samples; i++) {
    sums.set(states.subarray(i * words, i * words + 3), 3 * i);
    largest[i] = states[i * words + 3]!;
  }
  await ranks.allReduce(sums, 'sum');
  await ranks.allReduce(largest, 'max');
  const nearest = Uint32Array.from({ length: samples }, (_, i) =>
    states[i * words + 3] === largest[i] ? numbers[i * words + 4]! : 0xffffffff,
  );
  await ranks.allReduce(nearest, 'min');
  for (let i = 0; i < samples; i++) {
    states.set(sums.subarray(3 * i, 3 * i + 3), i * words);
    states[i * words + 3] = largest[i]!;
    numbers[i * words + 4] = nearest[i]!;
  }
};

/** States of lib/binary_state, which are sums. */
export const mergeBinaryStates: StateMerge = (states, _, ranks) => ranks.allReduce(states, 'sum');
