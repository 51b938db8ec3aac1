import { describe, expect, test } from 'vitest';
import { pairedRatio } from '../../src/common/paired-ratio.ts';
import { orderOfRound, repeatsOf, timeInRounds } from '../../src/common/rounds.ts';

describe('rounds', () => {
  test.each([2, 3, 4, 7])(
    '%i candidates: each has every place equally often, and is first of every two as often',
    (n) => {
      const orders = Array.from({ length: 2 * n }, (_, round) => orderOfRound(n, round));
      for (const order of orders) expect([...order].sort()).toEqual(Array.from({ length: n }, (_, i) => i));
      for (let place = 0; place < n; place++)
        for (let who = 0; who < n; who++)
          expect(orders.filter((order) => order[place] === who)).toHaveLength(2);
      for (let a = 0; a < n; a++)
        for (let b = 0; b < a; b++)
          expect(orders.filter((order) => order.indexOf(a) < order.indexOf(b))).toHaveLength(n);
    },
  );

  test('times of a round stay together, and the caller who listens is told', async () => {
    let clock = 0;
    const told: number[] = [];
    const times = await timeInRounds(
      ['a', 'b'].map(() => async () => ++clock),
      3,
      { onRound: (done) => told.push(done) },
    );
    expect(times).toEqual([
      [1, 4, 6],
      [2, 3, 5],
    ]);
    expect(told).toEqual([1, 2, 3]);
  });

  test('a machine that slows down steadily favours nobody', async () => {
    let clock = 1;
    const slower = async (): Promise<number> => {
      clock *= 1.05;
      return clock;
    };
    const [first, second] = await timeInRounds([slower, slower], 16);
    expect(pairedRatio(first!, second!).median).toBeCloseTo(1, 6);
  });

  test('nothing is begun once it is to stop', async () => {
    const controller = new AbortController();
    let runs = 0;
    const timed = timeInRounds([async () => ++runs], 9, {
      signal: controller.signal,
      onRound: (done) => done === 2 && controller.abort(),
    });
    await expect(timed).rejects.toThrow(/abort/i);
    expect(runs).toBe(2);
  });
});

test('short work is repeated, and work that takes about as long equally often', () => {
  expect(repeatsOf([100], 20_000)).toEqual([200]);
  expect(repeatsOf([100, 130, 390], 20_000)).toEqual([200, 200, 200]);
  expect(repeatsOf([130, 9000, 100, 40_000], 20_000)).toEqual([200, 3, 200, 3]);
  expect(repeatsOf([0, 0.01, 1e9], 20_000)).toEqual([2000, 2000, 1]);
});
