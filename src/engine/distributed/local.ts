import { AbortedError } from './aborted.ts';
import type { Call } from './calls.ts';
import { CheckedCommunicator } from './checked.ts';
import { carryOut } from './in-memory.ts';

/** A group of one, for a process that trains alone: what is to be combined is already there, and nothing is sent. */
export class LocalCommunicator extends CheckedCommunicator {
  readonly backend = 'local';

  constructor() {
    super({ rank: 0, size: 1, localRank: 0, localSize: 1 });
  }

  protected async perform(call: Call): Promise<void> {
    carryOut([call]);
  }

  /** Throws {@link AbortedError}, whose exit status the process is to end with. */
  abort(status: number, reason: string): never {
    throw new AbortedError(status, reason);
  }
}
