/** Operations on arrays that nothing else holds, while the garbage collector runs and others fill what it frees. Needs `--expose-gc`. */

import { connect } from '../../../src/engine/distributed/connect.node.ts';

const communicator = await connect({ timeoutMs: 120_000 });
const collect = globalThis.gc;
if (!collect) throw new Error('run with --expose-gc');
const length = 50_000;
let wrong = 0;
for (let round = 0; round < 60; round++) {
  const results: WeakRef<Float32Array>[] = [];
  const calls: Promise<void>[] = [];
  for (let k = 0; k < 4; k++) {
    const values = new Float32Array(length).fill(1);
    results.push(new WeakRef(values));
    calls.push(communicator.allReduce(values));
  }
  if (round % 5 === 0) collect();
  const others = Array.from({ length: 20 }, () => new Float32Array(length).fill(Number.NaN));
  await Promise.all(calls);
  for (const result of results) {
    const values = result.deref();
    if (values?.some((value) => value !== communicator.size)) wrong++;
  }
  if (!Number.isNaN(others[0]![0]!)) wrong++;
}
await communicator.close();
console.log(`wrong ${wrong}`);
