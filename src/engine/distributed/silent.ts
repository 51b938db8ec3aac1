import { AbortedError } from './aborted.ts';
import { CheckedCommunicator } from './checked.ts';

/** The first of several ranks where the others are not there, and nothing is sent: for steps that are captured and not run. */
export class SilentCommunicator extends CheckedCommunicator {
  readonly backend = 'silent';

  constructor(size: number) {
    super({ rank: 0, size, localRank: 0, localSize: 1 });
  }

  protected async perform(): Promise<void> {}

  abort(status: number, reason: string): never {
    throw new AbortedError(status, reason);
  }
}
