/** The suite of ranks: what its rounds come to. The ranks themselves: test/mpi. */

import { expect, test } from 'vitest';
import { manyPeopleCases, scalingCases } from '../../bench/distributed/cases.ts';
import { planOf, type RanksTiming, rowOf, rowsTable } from '../../bench/distributed/figures.ts';
import type { RankRound } from '../../bench/distributed/orders.ts';
import { stepPicture } from '../../bench/distributed/picture.ts';
import { seriesColor } from '../../src/common/plot-frame.node.ts';

const none = { allReduce: 0, allGather: 0, reduceScatter: 0, broadcast: 0, allToAll: 0, barrier: 0 };

const rank = (of: Partial<RankRound>): RankRound => ({
  ...{ milliseconds: 0, sent: none, exchanged: 0, hidden: 0, times: null },
  ...{ peakBytes: 1000, modelBytes: 500, adapter: '' },
  ...of,
});

/** Rounds of so many milliseconds a step; rank 1 sends more, waits and hides less. */
const rounds = (times: readonly number[], linkBytes: number | null = null): RanksTiming[] =>
  times.map((milliseconds) => ({
    ...{ milliseconds, linkBytes },
    ranks: [
      rank({
        ...{ sent: { ...none, allReduce: 400, barrier: 0 }, exchanged: 10, hidden: 9 },
        times: {
          steps: 1,
          computeSeconds: 0.6,
          waitingSeconds: 0,
          communicationSeconds: 0.4,
          sentBytes: 400,
        },
      }),
      rank({
        ...{ sent: { ...none, allReduce: 400, allGather: 20 }, exchanged: 30, hidden: 15, peakBytes: 3000 },
        times: {
          steps: 1,
          computeSeconds: 0.4,
          waitingSeconds: 0.2,
          communicationSeconds: 0.4,
          sentBytes: 420,
        },
      }),
    ],
  }));

const [one, two] = scalingCases('openmpi', 'here') as [never, ReturnType<typeof scalingCases>[number]];

test('a row: medians, the ratio to one rank in the same rounds, and shares over all ranks', () => {
  const ones = [100, 110, 120, 130, 140, 150, 160];
  const row = rowOf(
    two,
    rounds(
      ones.map((time) => time / 2),
      77,
    ),
    rounds(ones),
  );
  expect(row).toMatchObject({
    ...{ ranks: 2, launcher: 'openmpi', rounds: 7, medianMs: 65, ratioToOne: 0.5, ratioInterval: [0.5, 0.5] },
    ...{ sentBytes: 420, sent: { allReduce: 400, allGather: 20 }, linkBytes: 77 },
    ...{ overlap: 0.6, peakBytes: 3000, modelBytes: 500, plannedBytes: planOf(two).bytes },
  });
  expect(row.waiting).toBeCloseTo(0.1, 9);
  expect(row.communicating).toBeCloseTo(0.4, 9);
  const table = rowsTable([row, rowOf(one, rounds(ones), undefined)], 'here');
  expect(table).toContain('0.500 (0.500–0.500)');
  expect(table).toContain('60.0 %');
});

test('ranks of many people send the same, however many there are and whether all take part', () => {
  const cases = manyPeopleCases('openmpi');
  expect(cases).toHaveLength(6);
  expect(new Set(cases.map((each) => planOf(each).bytes)).size).toBe(1);
  // A matrix of 512 numbers for each of 250,000 people, with gradient and momentum.
  const { memory } = planOf(cases[2]!);
  const matrix = 4 * 512 * 250_000;
  expect(memory.parameters + memory.gradients + memory.optimiser).toBeGreaterThan(3 * matrix);
  expect(memory.parameters + memory.gradients + memory.optimiser).toBeLessThan(3.02 * matrix);
});

test('the picture of a step has a panel for each rank, and bars on one axis of time', () => {
  const step = (number: number) => ({
    ...{ rank: number, host: 'here', step: 9, clock: { offset: 0, uncertainty: 0 }, sent: 0 },
    ...{ began: 0, gathered: 1, ended: 50, exchanges: [] },
    passes: [{ first: 0, end: 1, began: 10, ended: 20, name: 'conv2d', kind: 'reverse' as const }],
  });
  const svg = stepPicture([step(0), step(1)]);
  for (const text of ['rank 0', 'rank 1', 'reverse pass', 'GPU waits']) expect(svg).toContain(text);
  // One in the legend, one of each rank.
  expect(svg.split(`fill="${seriesColor(2)}"`)).toHaveLength(1 + 1 + 2);
});
