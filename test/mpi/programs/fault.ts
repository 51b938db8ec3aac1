/** Rank 1 fails in one way, or not at all, while the other rank waits in a collective or does nothing. */

import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../../src/common/errors.ts';
import { connect } from '../../../src/engine/distributed/connect.node.ts';

/** What the rank that fails does. */
const faults: Readonly<Record<string, () => unknown>> = {
  exit: () => process.exit(9),
  'exit 0': () => process.exit(0),
  throw: () =>
    setTimeout(() => {
      throw new RangeError('boom');
    }),
  sentence: () => Promise.reject(new UserError('no such folder')),
  reject: () => void Promise.reject(new Error('rejected')),
  abort: () => communicator.abort(42, 'the loss is not finite'),
  'wrong argument': () => communicator.broadcast(values, 7),
};

/** Milliseconds beyond the patience of the tests. */
const forEver = 300_000;

const [how = '', where = ''] = process.argv.slice(2);
const communicator = await connect({
  timeoutMs: how === 'hang' ? 2000 : forEver,
  onFatal: () => writeSync(1, 'told\n'),
});
const values = new Float32Array(1000);
await communicator.allReduce(values);

if (how === 'end') process.exit(0);
if (communicator.rank === 1) {
  // With a collective under way, which nobody joins, or with none while the other rank waits in one.
  if (where === 'inside') communicator.barrier();
  await sleep(100);
  await faults[how]?.();
} else if (where === 'outside') {
  await communicator.barrier();
}
await sleep(forEver);
