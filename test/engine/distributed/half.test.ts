import { describe, expect, test } from 'vitest';
import { allReduceAsHalf, allReduceHalf } from '../../../src/engine/distributed/half.ts';
import { runInProcess } from '../../../src/engine/distributed/in-process.ts';
import { LocalCommunicator } from '../../../src/engine/distributed/local.ts';

/** Sums over ranks of what each of them has. */
function sums(values: readonly (readonly number[])[]) {
  return runInProcess(values.length, async (communicator) => {
    const own = Float32Array.from(values[communicator.rank]!);
    const notFinite = await allReduceAsHalf(communicator, own);
    return { values: [...own], notFinite };
  });
}

describe('sums of numbers in 16 bits', () => {
  test('that are exact, with a length that the ranks do not divide', async () => {
    const results = await sums([
      [1, 2, 3, 4, 0.5],
      [10, 20, 30, 40, 0.25],
      [100, 200, 300, 400, -1],
    ]);
    for (const result of results)
      expect(result).toEqual({ values: [111, 222, 333, 444, -0.25], notFinite: 0 });
  });

  test('are rounded once for each rank and once at the end, and added in float32 between', async () => {
    // 2049 is no half and rounded to 2048; 2048 + 1 + 1 is 2050 in float32, where additions in 16 bits would stay at 2048.
    const [result] = await sums([[2049], [1], [1]]);
    expect(result!.values).toEqual([2050]);
  });

  test('beyond 65504 are infinite and counted, wherever they become so', async () => {
    const results = await sums([
      [60000, 1e6, 1, Number.NaN, 7],
      [60000, 0, 1, 0, 7],
    ]);
    for (const { values, notFinite } of results) {
      expect(values).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 2, Number.NaN, 14]);
      expect(notFinite).toBe(3);
    }
  });

  test('have fewer numbers than ranks', async () => {
    const results = await sums([[1], [2], [3], [4]]);
    expect(results.map(({ values }) => values)).toEqual([[10], [10], [10], [10]]);
  });

  test('send half of the bytes of float32', async () => {
    const [traffic] = await runInProcess(4, async (communicator) => {
      await allReduceHalf(communicator, new Uint16Array(1000));
      return communicator.traffic;
    });
    // 2(N − 1)/N of 2000 bytes.
    expect(traffic!.allToAll + traffic!.allGather).toBe(3000);
  });

  test('of one rank are its numbers', async () => {
    const values = new Float32Array([0.1, 3]);
    expect(await allReduceAsHalf(new LocalCommunicator(), values)).toBe(0);
    // The nearest half to 0.1: 1638 · 2⁻¹⁴.
    expect([...values]).toEqual([1638 * 2 ** -14, 3]);
  });
});
