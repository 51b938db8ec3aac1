/** Every operation once; prints what this rank got. */

import { createHash } from 'node:crypto';
import { connectMpi } from '../../../src/engine/distributed/mpi/connect-mpi.node.ts';
import { launchedBy } from '../../../src/engine/distributed/mpi/launcher.ts';

// Few elements a call, so that arrays of a few dozen go in several pieces as those of billions do.
const communicator = await connectMpi(launchedBy(process.env), {
  timeoutMs: 120_000,
  ...(process.argv[2] && { elementsPerCall: Number(process.argv[2]) }),
});
const { rank, size } = communicator;
const got: Record<string, unknown> = {
  rank,
  size,
  local: [communicator.localRank, communicator.localSize],
  backend: communicator.backend,
};

for (const type of [Float32Array, Float64Array, Int32Array, Uint32Array, Uint8Array]) {
  for (const reduction of ['sum', 'max', 'min'] as const) {
    const values = new type([rank + 1, 10 * rank, 100 - rank]);
    await communicator.allReduce(values, reduction);
    got[`${type.name} ${reduction}`] = [...values];
  }
}

// Views that begin elsewhere than their memory does, and memory that threads share.
const whole = new Float32Array(7).fill(rank);
await communicator.allReduce(whole.subarray(2, 5));
got.view = [...whole];
const shared = new Float32Array(new SharedArrayBuffer(8)).fill(rank + 1);
await communicator.allReduce(shared);
got.shared = [...shared];
const none = new Float32Array(0);
await communicator.allReduce(none);

const equal = new Int32Array(3 * size);
await communicator.allGather(Int32Array.of(rank, 10 * rank, 100 * rank), equal);
got.allGather = [...equal];

// Rank 0 has none.
const counts = Int32Array.from({ length: size }, (_, r) => 3 * r);
const total = counts.reduce((sum, count) => sum + count, 0);
const uneven = new Float32Array(total);
await communicator.allGather(new Float32Array(counts[rank]!).fill(rank), uneven, counts);
got.unevenGather = [...uneven];

const part = new Float32Array(counts[rank]!);
await communicator.reduceScatter(
  Float32Array.from({ length: total }, (_, i) => i + rank),
  part,
  counts,
);
got.unevenScatter = [...part];
const largest = new Float64Array(2);
await communicator.reduceScatter(
  Float64Array.from({ length: 2 * size }, (_, i) => i * (rank + 1)),
  largest,
  new Int32Array(size).fill(2),
  'max',
);
got.scatter = [...largest];

const sent = new Float64Array(5).fill(rank);
await communicator.broadcast(sent, size - 1);
got.broadcast = [...sent];

const receive = new Uint8Array(3 * size);
await communicator.allToAll(
  Uint8Array.from({ length: 3 * size }, (_, i) => 30 * rank + i),
  receive,
);
got.allToAll = [...receive];
await communicator.barrier();

// Nobody waits for these one by one: they must be carried out in their order, which the running value tells.
const running = new Float64Array([1]);
const small = Array.from({ length: 200 }, (_, i) => Float64Array.of(i + rank));
await Promise.all([
  ...small.map((values) => communicator.allReduce(values)),
  ...Array.from({ length: 10 }, () => communicator.allReduce(running)),
]);
got.small = small.map(([value]) => value);
got.running = running[0];

/** Numbers of very different magnitudes, whose sum depends on the order. */
const hostile = (length: number) => {
  let state = 12345 + rank * 7919;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 10 ** ((state >>> 5) % 6);
  });
};
if (process.argv[2] === undefined) {
  got.digests = [];
  for (const length of [7, 1000, 300_001]) {
    const digests = new Set<string>();
    for (let repetition = 0; repetition < 3; repetition++) {
      const values = hostile(length);
      await communicator.allReduce(values);
      digests.add(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex'));
    }
    (got.digests as string[][]).push([...digests]);
  }
}
got.traffic = communicator.traffic;
await communicator.close();
console.log(JSON.stringify(got));
