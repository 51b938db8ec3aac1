import { defineOperator, referenceArray } from '../../core/operator.ts';
import { elementCount } from '../../core/shape.ts';
import { runtimeOf } from '../../runtime/runtime.ts';
import { retained } from '../../testing/cleanup.ts';
import { countPairs, halfKeys } from './count_pairs.ts';

/** Unsigned numbers in the order of f32 scores: half a key of every pair is counted. */
function halfKey(score: number, lower: boolean): number {
  const bits = new Uint32Array(Float32Array.of(score === 0 ? 0 : score).buffer)[0]!;
  const key = bits >>> 31 ? ~bits >>> 0 : (bits | 0x80000000) >>> 0;
  return lower ? key & 0xffff : key >>> 16;
}

export const countPairsOperator = defineOperator<{ readonly lower: boolean }>({
  name: 'countPairs',
  stateful: true,
  apply: ([scores, labels], { lower }) => {
    const { device, shape } = scores!;
    const counts = retained(device, new Uint32Array(2 * halfKeys), [2, halfKeys]);
    const selection = retained(device, [shape[0]!, 0xbf80], [2]);
    countPairs(
      { scores: scores!, labels: labels!, tile: runtimeOf(device).uniform([0, 0]), selection, counts },
      lower,
    );
    return counts;
  },
  reference: ([scores, labels], { lower }) => {
    const counts = referenceArray([2, halfKeys]);
    const side = scores!.shape[0]!;
    for (let i = 0; i < side; i++) {
      for (let j = i + 1; j < side; j++) {
        const score = scores!.data[i * side + j]!;
        if (lower && halfKey(score, false) !== 0xbf80) continue;
        const genuine = labels!.data[i] === labels!.data[j] ? halfKeys : 0;
        counts.data[genuine + halfKey(score, lower)]!++;
      }
    }
    return counts;
  },
  cost: ([scores]) => ({ flops: 0, bytes: 4 * elementCount(scores!) }),
  cases: [false, true].map((lower) => ({
    inputs: [
      { shape: [130, 130], differentiable: false },
      { shape: [130], kind: 'labels' as const, classes: 9 },
    ],
    attributes: { lower },
  })),
  misuses: [],
});
