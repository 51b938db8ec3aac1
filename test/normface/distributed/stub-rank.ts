/** A rank of the supervisor's tests: joins as a training does, and then does what the words say. */

import fs from 'node:fs';
import type { UserError } from '../../../src/common/errors.ts';
import type { Communicator } from '../../../src/engine/distributed/communicator.ts';
import {
  explainEnd,
  joinRanks,
  launchedRank,
  tellRun,
  whenAskedToStop,
} from '../../../src/normface/distributed/rank.node.ts';

const [what, folder = '.', seen = ''] = process.argv.slice(2);
const { rank, size } = launchedRank() ?? { rank: 0, size: 1 };
const attempt = Number(process.env.NORMFACE_ATTEMPT ?? 1);

try {
  // What is asked of a communicator before the first collective.
  const seenSize = seen === '' ? size : Number(seen);
  await joinRanks({ connect: async () => ({ rank, size: seenSize, backend: 'stub' }) as Communicator });
} catch (error) {
  explainEnd((error as UserError).message);
  process.exit((error as UserError).exitCode);
}

const forever = () => setInterval(() => {}, 1000);
fs.appendFileSync(`${folder}/ranks.txt`, `${process.pid} ${rank} ${attempt}\n`);
if (rank === 0) console.log(`attempt ${attempt} ${process.argv.slice(2).join(' ')}`);
if (rank === 0) {
  tellRun(folder);
  fs.writeFileSync(`${folder}/told.txt`, '');
}
/** After rank 0 has told of its run. */
const die = () =>
  setInterval(() => fs.existsSync(`${folder}/told.txt`) && process.kill(process.pid, 'SIGKILL'), 20);

switch (what) {
  case 'works':
    break;
  case 'fails':
    if (rank === 1) {
      console.error(`normface: rank ${rank} says why`);
      explainEnd('the file is missing');
      process.exit(1);
    }
    forever();
    break;
  case 'dies':
    if (rank === 1) die();
    else forever();
    break;
  case 'dies-once':
    if (attempt > 1) break;
    if (rank === 1) die();
    else forever();
    break;
  case 'stops':
    forever();
    // As ranks do: the first that is asked tells the others.
    whenAskedToStop((why) => {
      fs.writeFileSync(`${folder}/asked.txt`, why);
    });
    setInterval(() => {
      if (fs.existsSync(`${folder}/asked.txt`)) process.exit(130);
    }, 50);
    break;
  case 'hangs':
    process.on('SIGTERM', () => {});
    forever();
    break;
  default:
    throw new Error(`what is ${what}?`);
}
