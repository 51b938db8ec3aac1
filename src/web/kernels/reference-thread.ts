import type { BoundCase, Operator } from '../../engine/core/operator.ts';
import type { Check } from '../../engine/testing/check.ts';
import type { Results } from '../../engine/testing/recording.ts';
import { taskOf } from './reference-task.ts';
import type { ReferenceAnswer } from './reference-worker.ts';

/** Evaluates references beside the page. One at a time; a task that is stopped ends the thread, and the next one starts another. */
export class ReferenceThread {
  private worker: Worker | null = null;

  /** @throws AbortError where the signal says so before the check is done */
  check(operator: Operator, sample: BoundCase, results: Results, signal: AbortSignal): Promise<Check> {
    signal.throwIfAborted();
    this.worker ??= new Worker(new URL('reference-worker.js', document.baseURI), { type: 'module' });
    const { worker } = this;
    return new Promise<Check>((resolve, reject) => {
      const stop = (): void => {
        this.dispose();
        reject(signal.reason);
      };
      const done = (settle: () => void): void => {
        signal.removeEventListener('abort', stop);
        worker.onmessage = null;
        worker.onerror = null;
        settle();
      };
      signal.addEventListener('abort', stop, { once: true });
      worker.onmessage = ({ data }: MessageEvent<ReferenceAnswer>) =>
        done(() => ('check' in data ? resolve(data.check) : reject(new Error(data.failure))));
      worker.onerror = ({ message }) =>
        done(() => {
          this.dispose();
          reject(new Error(`the thread of the reference failed: ${message || 'it could not be started'}`));
        });
      worker.postMessage(taskOf(operator, sample, results));
    });
  }

  dispose(): void {
    this.worker?.terminate();
    this.worker = null;
  }
}
