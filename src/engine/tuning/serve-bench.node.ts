/** The process that times variants: see child-bench.node.ts. Whatever a kernel does to it, the one that started it goes on. */

import { Worker } from 'node:worker_threads';
import { OutOfMemoryError } from '../core/errors.ts';
import type { Device } from '../core/tensor.ts';
import type { CapturedStep } from '../runtime/captured-step.ts';
import { openDevice } from '../runtime/device.node.ts';
import { lossOf } from '../runtime/loss.ts';
import { runtimeOf } from '../runtime/runtime.ts';
import type { BenchReply, BenchRequest } from './bench-messages.ts';
import { adapterIdentity } from './tune-store.ts';

/** A kernel may keep the main thread inside the driver for ever, so another one looks after the parent, so often in milliseconds. */
const lookEvery = 500;

interface Loaded {
  readonly label: string;
  readonly step: CapturedStep<null>;
}

/** @param beforeRun for tests: what a kernel could do to the process */
export function serveBench(beforeRun: (label: string, device: Device) => void = () => {}): void {
  endWithParent();
  const loaded = new Map<number, Loaded>();
  let device: Device | undefined;

  const unload = (number: number): void => {
    loaded.get(number)?.step.dispose();
    loaded.delete(number);
  };

  const answer = async (request: Exclude<BenchRequest, { kind: 'unload' }>): Promise<number | string> => {
    if (request.kind === 'open') {
      device = await openDevice({ ...request.options, tune: 'off' });
      return JSON.stringify(adapterIdentity(device.report));
    }
    const { number } = request;
    if (request.kind === 'load') {
      const step = runtimeOf(device!).stepOf(request.program);
      loaded.set(number, { label: request.label, step });
      await step.compile();
      return 0;
    }
    const { label, step } = loaded.get(number)!;
    beforeRun(label, device!);
    const started = performance.now();
    for (let i = 0; i < request.repeats; i++) step.run();
    await device!.synchronize();
    return performance.now() - started;
  };

  process.on('message', async (request: BenchRequest) => {
    if (request.kind === 'unload') return unload(request.number);
    let reply: BenchReply;
    try {
      reply = { result: await answer(request) };
    } catch (error) {
      const loss = device && (await lossOf(runtimeOf(device)));
      const isOver = loss !== undefined;
      const mayPass = isOver || error instanceof OutOfMemoryError;
      reply = { failure: (loss ?? (error as Error)).message, isOver, mayPass };
    }
    process.send!(reply);
  });
}

/** Leaves nothing behind: not when the parent ends, however it does, and not while the main thread is stuck. */
function endWithParent(): void {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  // On Windows the number of a parent stays as it was when that is gone.
  if (process.platform === 'win32') return;
  const look = `setInterval(() => { if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL'); }, ${lookEvery});`;
  new Worker(look, { eval: true }).unref();
}
