/** A GPU device computes in each rank while collectives run; ends without closing it first, as programs do. */

import { connect } from '../../../src/engine/distributed/connect.node.ts';
import { relu, scale } from '../../../src/engine/index.ts';
import { openDevice } from '../../../src/engine/runtime/device.node.ts';

const first = process.argv[2];
const early = first === 'mpi' ? await connect({ timeoutMs: 240_000 }) : null;
const device = await openDevice();
const communicator = early ?? (await connect({ timeoutMs: 240_000 }));
const length = 10_000;
let expected = 1;
let values: Float32Array = new Float32Array(length).fill(1);
for (let step = 0; step < 4; step++) {
  const x = device.tensor(values, [length]);
  const beside = new Float32Array(300_000).fill(communicator.rank);
  // On the wire while the device computes and Dawn's callbacks wait for the event loop.
  const reduced = communicator.allReduce(beside);
  values = await relu(scale(x, communicator.rank + 1)).readFloats();
  await reduced;
  await communicator.allReduce(values);
  // Σ (rank + 1) over two ranks.
  expected *= 3;
  if (values.some((value) => value !== expected) || beside.some((value) => value !== 1)) {
    communicator.abort(5, `step ${step}: ${values[0]} in place of ${expected}, ${beside[0]} in place of 1`);
  }
}
await communicator.close();
device.close();
console.log(`right ${expected}`);
