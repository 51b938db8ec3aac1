/** A process that times variants, and does what a kernel could make a driver do: the name of the variant says what. */

import { appendFileSync } from 'node:fs';
import { OutOfMemoryError } from '../../../src/engine/core/errors.ts';
import { serveBench } from '../../../src/engine/tuning/serve-bench.node.ts';

const { PIDS } = process.env;
if (PIDS) appendFileSync(PIDS, `${process.pid}\n`);

serveBench((label, device) => {
  const [, fault] = label.split(' ');
  if (fault === 'crashes') process.kill(process.pid, 'SIGSEGV');
  if (fault === 'ended') process.kill(process.pid, 'SIGTERM');
  if (fault === 'aborts') {
    console.error('assertion failed: a driver');
    process.exit(7);
  }
  if (fault === 'starves') process.kill(process.pid, 'SIGKILL');
  if (fault === 'lacks') throw new OutOfMemoryError('no memory is left');
  if (fault === 'hangs') for (;;);
  if (fault === 'loses') device.gpu.destroy();
});
