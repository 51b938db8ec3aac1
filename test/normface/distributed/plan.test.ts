import { expect, test } from 'vitest';
import type { PlannedLoss } from '../../../src/normface/distributed/head-traffic.ts';
import { efficiency, planDistributed, total } from '../../../src/normface/distributed/plan.ts';

/** A million people on 64 ranks with 128 images each, features of 512 numbers, no latency. */
const million = {
  netParameters: 43.6e6,
  classes: 1e6,
  featureSize: 512,
  batchSize: 8192,
  optimiserStates: 1,
};
const sampled = { name: 'normface', classSampling: { rate: 0.1 } } as const;
const cluster = { ranks: 64, gigabitsPerSecond: 10, latency: 0 };

test('bytes of each collective, by hand', () => {
  const { head, headDataParallel, net, bytes } = planDistributed(million, cluster);
  // Labels and 64 words 63/64 · 8256 · 4 = 32,508; 63/64 · 8192 · 512 · 4 = 16,515,072, twice; 2 · 63/64 · 8192 · 4 = 64,512, and five times that.
  expect(head.map((transfer) => transfer.bytes)).toEqual([32_508, 16_515_072, 64_512, 322_560, 16_515_072]);
  expect(total(head, 'bytes')).toBe(33_449_724);
  // 2 · 63/64 · 2.048e9
  expect(total(headDataParallel, 'bytes')).toBe(4_032_000_000);
  // 2 · 63/64 · 4 · 43.6e6
  expect(total(net, 'bytes')).toBe(343_350_000);
  expect(bytes).toBe(343_350_000 + 33_449_724);
});

test('seconds at the link', () => {
  const at = (gigabitsPerSecond: number) =>
    total(planDistributed(million, { ...cluster, gigabitsPerSecond }).head, 'seconds');
  // 33,449,724 · 8 / 10⁹
  expect(at(1)).toBeCloseTo(0.2676, 4);
  expect(at(100)).toBeCloseTo(0.002676, 6);
});

test('latency is that of every hop of the ring', () => {
  const { head } = planDistributed(million, { ...cluster, gigabitsPerSecond: 1e12, latency: 1e-5 });
  // All-gather and reduce-scatter have 63 hops, all-reduce 126.
  expect(total(head, 'seconds')).toBeCloseTo((63 + 63 + 126 + 126 + 63) * 1e-5, 8);
});

test('what the head sends does not depend on the number of people, nor on sampling', () => {
  const few = planDistributed({ ...million, classes: 1000, loss: sampled }, cluster);
  expect(few.head).toEqual(planDistributed(million, cluster).head);
});

test('memory of a rank, by hand', () => {
  const { memory, classesPerRank, wholeMatrix } = planDistributed(million, cluster);
  expect(classesPerRank).toBe(15_625);
  // 4 · (43.6e6 + 15625 · 512)
  expect(memory.parameters).toBe(206_400_000);
  expect(memory.gradients).toBe(206_400_000);
  expect(memory.optimiser).toBe(206_400_000);
  expect(memory.features).toBe(33_554_432);
  expect(memory.scores).toBe(16 * 2 ** 20);
  // Matrix, gradient and momentum: 3 · 2.048 GB.
  expect(wholeMatrix).toBe(6_144_000_000);
  const drawn = planDistributed({ ...million, loss: sampled, optimiserStates: 2 }, cluster).memory;
  // 1563 drawn rows and at most 8192 of the batch.
  expect(drawn.gradients).toBe(4 * (43.6e6 + 9755 * 512));
  expect(drawn.parameters).toBe(4 * (43.6e6 + (15_625 + 9755) * 512));
  expect(drawn.optimiser).toBe(2 * drawn.parameters);
});

test('memory of a second loss, by hand', () => {
  const withSecond = (auxiliaryLoss: PlannedLoss, optimiserStates = 1) =>
    planDistributed({ ...million, classes: 1000, optimiserStates, auxiliaryLoss }, { ...cluster, ranks: 4 });
  // Its own agents of 250 people, 512 numbers each, beside the first loss's.
  const agents = withSecond({ name: 'c-contrastive' });
  const numbers = 43.6e6 + 2 * 250 * 512;
  expect(agents.memory).toMatchObject({ parameters: 4 * numbers, gradients: 4 * numbers });
  expect(agents.memory.optimiser).toBe(4 * numbers);
  expect(agents.wholeMatrix).toBe(3 * 4 * 2 * 1000 * 512);
  // The gradients that are compared with those of the head are the first loss's.
  expect(total(agents.headDataParallel, 'bytes')).toBe(2 * (3 / 4) * 4 * 1000 * 512);
  // Every rank has all centers, which have no gradient and no optimiser.
  const centers = withSecond({ name: 'center' }, 2);
  const trained = 43.6e6 + 250 * 512;
  expect(centers.memory.parameters).toBe(4 * (trained + 1000 * 512));
  expect(centers.memory).toMatchObject({ gradients: 4 * trained, optimiser: 8 * trained });
  expect(centers.wholeMatrix).toBe(4 * 1000 * 512 + 4 * 4 * 1000 * 512);
  // Classes are drawn for each loss by itself.
  const { memory } = withSecond({ name: 'cosface', classSampling: { rate: 0.1 } });
  // 25 drawn and 8192 of the batch are more than there are.
  expect(memory.parameters).toBe(4 * (trained + 2 * 250 * 512));
  expect(memory.gradients).toBe(4 * (trained + 250 * 512));
});

test('a loss of pairs has no class matrix', () => {
  const plan = planDistributed({ ...million, loss: { name: 'triplet' } }, cluster);
  expect(plan.classesPerRank).toBe(0);
  expect(plan.wholeMatrix).toBe(0);
  expect(total(plan.headDataParallel, 'bytes')).toBe(0);
  expect(plan.memory).toMatchObject({ parameters: 4 * 43.6e6, gradients: 4 * 43.6e6, scores: 0 });
});

test('batch norms of all ranks: bytes and hops, by hand, which no computing hides', () => {
  const slow = { ...cluster, latency: 1e-5 };
  const [plain, normed] = [{}, { sharedNorms: [64, 128] }].map((more) =>
    planDistributed({ ...million, ...more }, slow),
  );
  expect(plain!.norms).toEqual([]);
  // 2 · 63/64 · 8 · (2 · 192 + 2) and 2 · 63/64 · 8 · 2 · 192
  expect(normed!.norms.map(({ bytes }) => bytes)).toEqual([6079.5, 6048]);
  const seconds = total(normed!.norms, 'seconds');
  // Three collectives of 126 hops for each of the two.
  expect(seconds).toBeCloseTo(6 * 126e-5 + 12_127.5 / 1.25e9, 10);
  expect(normed!.seconds - plain!.seconds).toBeCloseTo(seconds, 10);
  const waited = 3 / efficiency(normed!, 3).withOverlap - 3 / efficiency(plain!, 3).withOverlap;
  expect(waited).toBeCloseTo(seconds, 10);
});

test('one rank sends nothing, and classes that do not divide are rounded up', () => {
  expect(planDistributed(million, { ...cluster, ranks: 1 })).toMatchObject({ bytes: 0, seconds: 0 });
  expect(planDistributed({ ...million, classes: 10 }, { ...cluster, ranks: 3 }).classesPerRank).toBe(4);
});

test('efficiency: the reverse pass hides the net, not the head', () => {
  const plan = planDistributed(million, cluster);
  const [net, head] = [343_350_000 / 1.25e9, 33_449_724 / 1.25e9];
  expect(efficiency(plan, 0.3).withoutOverlap).toBeCloseTo(0.3 / (0.3 + net + head), 10);
  expect(efficiency(plan, 0.3).withOverlap).toBeCloseTo(0.3 / (0.3 + (net - 0.2) + head), 10);
  expect(efficiency(plan, 3).withOverlap).toBeCloseTo(3 / (3 + head), 10);
});

test('numbers that make no sense are refused', () => {
  expect(() => planDistributed(million, { ...cluster, ranks: 0 })).toThrow('ranks must be positive, not 0');
  expect(() => planDistributed({ ...million, classes: Number.NaN }, cluster)).toThrow(
    'classes must be positive',
  );
});
