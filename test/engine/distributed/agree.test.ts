import { expect, test } from 'vitest';
import { agree } from '../../../src/engine/distributed/agree.ts';
import { measureAllReduce } from '../../../src/engine/distributed/bandwidth.ts';
import { runInProcess } from '../../../src/engine/distributed/in-process.ts';

/** What each rank gets to know where they hold these values. */
async function outcomes(values: readonly string[]): Promise<string[]> {
  return runInProcess(values.length, async (communicator) => {
    try {
      await agree(communicator, 'the version of normface', values[communicator.rank]!);
      return 'agreed';
    } catch (error) {
      return (error as Error).message;
    }
  });
}

test('the same value on all ranks', async () => {
  expect(await outcomes(['0.2.0', '0.2.0', '0.2.0'])).toEqual(['agreed', 'agreed', 'agreed']);
  expect(await outcomes(['', ''])).toEqual(['agreed', 'agreed']);
});

test('other values, of other lengths: all ranks name each with its ranks', async () => {
  const sentence =
    'the version of normface must be the same on all ranks, but it is "0.2.0" on ranks 0, 2, and "0.10.0-é" on rank 1, and "" on rank 3';
  expect(await outcomes(['0.2.0', '0.10.0-é', '0.2.0', ''])).toEqual(Array(4).fill(sentence));
});

test('of many ranks the first are named', async () => {
  const [text] = await outcomes([...Array<string>(10).fill('a'), 'b']);
  expect(text).toContain('"a" on ranks 0, 1, 2, 3, 4, 5, 6, 7 and 2 more, and "b" on rank 10');
});

test('bandwidth: bytes of a ring in the time of the slowest rank, the same numbers on all ranks', async () => {
  const results = await runInProcess(2, (communicator) =>
    measureAllReduce(communicator, [
      { bytes: 64, rounds: 3 },
      { bytes: 4096, rounds: 3 },
    ]),
  );
  expect(results[0]).toEqual(results[1]);
  for (const { bytes, milliseconds, bytesPerSecond } of results[0]!) {
    expect(milliseconds).toBeGreaterThan(0);
    // 2(N − 1)/N is 1 for two ranks.
    expect(bytesPerSecond).toBeCloseTo((1000 * bytes) / milliseconds, 6);
  }
  expect(results[0]!.map(({ bytes }) => bytes)).toEqual([64, 4096]);
});
