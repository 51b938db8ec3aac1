import { describe, expect, test } from 'vitest';
import { AbortedError } from '../../../src/engine/distributed/aborted.ts';
import type { Communicator } from '../../../src/engine/distributed/communicator.ts';
import { inProcessGroup, runInProcess } from '../../../src/engine/distributed/in-process.ts';
import { LocalCommunicator } from '../../../src/engine/distributed/local.ts';

/** One rank on its own is a group like others. */
const groups: Readonly<Record<string, () => Communicator[]>> = {
  local: () => [new LocalCommunicator()],
  'in-process of 1': () => inProcessGroup(1),
  'in-process of 3': () => inProcessGroup(3),
};

describe.each(Object.entries(groups))('%s', (_, make) => {
  const group = make();
  const size = group.length;
  const ranks = group.map(({ rank }) => rank);
  const total = (size * (size - 1)) / 2;

  /** What `body` returns on all ranks. */
  const onAll = <T>(body: (communicator: Communicator) => Promise<T>) => Promise.all(group.map(body));

  test('ranks are numbered', () => {
    expect(ranks).toEqual(Array.from({ length: size }, (_, i) => i));
    for (const { localRank, localSize, rank } of group) expect([localRank, localSize]).toEqual([rank, size]);
  });

  test('allReduce: sum, maximum, minimum; integers wrap', async () => {
    for (const [reduction, expected] of [
      ['sum', [total, 2 * size]],
      ['max', [size - 1, 2]],
      ['min', [0, 2]],
    ] as const) {
      const results = await onAll(async (communicator) => {
        const values = new Float32Array([communicator.rank, 2]);
        await communicator.allReduce(values, reduction);
        return [...values];
      });
      expect(results).toEqual(ranks.map(() => expected));
    }
    const bytes = await onAll(async (communicator) => {
      const values = new Uint8Array([200]);
      await communicator.allReduce(values);
      return values[0];
    });
    expect(bytes).toEqual(ranks.map(() => (200 * size) % 256));
  });

  test('allGather with equal and with uneven parts, of which one may be empty', async () => {
    const counts = Int32Array.from(ranks, (rank) => 2 * rank);
    const results = await onAll(async (communicator) => {
      const { rank } = communicator;
      const equal = new Int32Array(2 * size);
      await communicator.allGather(new Int32Array([rank, 10 + rank]), equal);
      const uneven = new Float64Array(2 * total);
      await communicator.allGather(new Float64Array(2 * rank).fill(rank), uneven, counts);
      return [[...equal], [...uneven]];
    });
    const equal = ranks.flatMap((rank) => [rank, 10 + rank]);
    const uneven = ranks.flatMap((rank) => Array<number>(2 * rank).fill(rank));
    expect(results).toEqual(ranks.map(() => [equal, uneven]));
  });

  test('reduceScatter gives each rank its part', async () => {
    const counts = Int32Array.from(ranks, (rank) => rank + 1);
    const length = total + size;
    const results = await onAll(async (communicator) => {
      const all = Float32Array.from({ length }, (_, i) => i + 100 * communicator.rank);
      const part = new Float32Array(communicator.rank + 1);
      await communicator.reduceScatter(all, part, counts);
      return [...part];
    });
    expect(results.flat()).toEqual(Array.from({ length }, (_, i) => i * size + 100 * total));
    expect(results.map(({ length }) => length)).toEqual([...counts]);
  });

  test('broadcast, allToAll, barrier', async () => {
    const results = await onAll(async (communicator) => {
      const values = new Uint32Array([communicator.rank + 7]);
      await communicator.broadcast(values, size - 1);
      await communicator.barrier();
      const send = Uint8Array.from({ length: 2 * size }, (_, i) => 10 * communicator.rank + (i >> 1));
      const receive = new Uint8Array(2 * size);
      await communicator.allToAll(send, receive);
      return [values[0], [...receive]];
    });
    const received = (rank: number) => ranks.flatMap((sender) => Array<number>(2).fill(10 * sender + rank));
    expect(results).toEqual(ranks.map((rank) => [size + 6, received(rank)]));
  });

  test('calls that nobody awaits are carried out in their order', async () => {
    const results = await onAll(async (communicator) => {
      const values = new Float64Array([1]);
      await Promise.all(Array.from({ length: 5 }, () => communicator.allReduce(values)));
      return values[0];
    });
    expect(results).toEqual(ranks.map(() => size ** 5));
  });

  test('traffic is that of a ring, counted at the calls', async () => {
    const before = { ...group[0]!.traffic };
    await onAll((communicator) => communicator.allReduce(new Float32Array(300)));
    await onAll((communicator) => communicator.broadcast(new Uint8Array(300)));
    expect(group[0]!.traffic.allReduce - before.allReduce).toBeCloseTo((2 * 1200 * (size - 1)) / size);
    expect(group[0]!.traffic.broadcast - before.broadcast).toBeCloseTo((300 * (size - 1)) / size);
  });

  test('after close nothing may be called', async () => {
    await onAll((communicator) => communicator.close());
    await expect(group[0]!.barrier()).rejects.toThrow('barrier: the communicator is closed');
  });
});

test('sums are rounded to float32 in the order of the ranks', async () => {
  const values = [2 ** 24, 1, 1, -(2 ** 24)];
  const results = await runInProcess(4, async (communicator) => {
    const own = new Float32Array([values[communicator.rank]!]);
    await communicator.allReduce(own);
    return own[0];
  });
  // 2^24 + 1 is no float32 and is rounded to 2^24, twice; exactly the sum would be 2.
  expect(results).toEqual([0, 0, 0, 0]);
});

describe('what does not fit is refused', () => {
  const [one] = inProcessGroup(1);
  const bytes = new Uint8Array(8);

  test.each([
    ['a plain array', () => one!.allReduce([1] as never), 'values must be one of Float32Array'],
    ['an unknown reduction', () => one!.allReduce(bytes, 'mean' as never), 'sum, max or min, not mean'],
    ['a root that is no rank', () => one!.broadcast(bytes, 1), 'a rank from 0 to 0, not 1'],
    ['two types', () => one!.allGather(bytes, new Int32Array(8)), 'which must be of one type'],
    ['too small an array of all', () => one!.allGather(bytes, new Uint8Array(7)), 'does not fit parts of 8'],
    [
      'counts of two ranks',
      () => one!.allGather(bytes, new Uint8Array(8), new Int32Array(2)),
      'must have 1 entries',
    ],
    ['shared memory', () => one!.allToAll(bytes, bytes), 'the two arrays share memory'],
    ['unequal arrays', () => one!.allToAll(bytes, new Uint8Array(9)), '8 bytes to send and 9 to receive'],
  ])('%s', async (_, call, sentence) => {
    // A group whose call was refused is of no more use: each case has its own sentence nevertheless.
    await expect(call()).rejects.toThrow(sentence);
  });
});

describe('ranks that do not do the same', () => {
  test('the sentence says who called what, on all ranks', async () => {
    const group = inProcessGroup(3);
    const calls = [
      group[0]!.allReduce(new Float32Array(2)),
      group[1]!.allReduce(new Float32Array(3)),
      group[2]!.barrier(),
    ];
    for (const call of calls)
      await expect(call).rejects.toThrow(
        'rank 0 allReduce of 2 numbers (Float32Array) by sum; rank 1 allReduce of 3 numbers (Float32Array) by sum',
      );
  });

  test('one that ends while others wait', async () => {
    const run = runInProcess(2, async (communicator) => {
      if (communicator.rank === 0) await communicator.barrier();
    });
    await expect(run).rejects.toThrow('rank 0 barrier; rank 1 nothing, and has ended');
  });

  test('one that fails ends all, and its error is thrown', async () => {
    const seen: unknown[] = [];
    const run = runInProcess(3, async (communicator) => {
      if (communicator.rank === 2) throw new RangeError('no adapter');
      await communicator.barrier().catch((error) => {
        seen.push(error.message);
        throw error;
      });
    });
    await expect(run).rejects.toThrow(RangeError);
    expect(seen).toEqual(['rank 2: no adapter', 'rank 2: no adapter']);
  });

  test('abort rejects everybody, with its exit status', async () => {
    const [first, second] = inProcessGroup(2);
    const waiting = first!.barrier();
    expect(() => second!.abort(9, 'the disk is full')).toThrow('rank 1: the disk is full');
    const error = await waiting.catch((error) => error);
    expect(error).toBeInstanceOf(AbortedError);
    expect(error.exitCode).toBe(9);
    await expect(first!.barrier()).rejects.toBe(error);
  });
});

test('a rank alone that aborts throws the exit status', () => {
  expect(() => new LocalCommunicator().abort(3, 'diverged')).toThrow(new AbortedError(3, 'diverged'));
});
