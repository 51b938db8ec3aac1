import { UserError } from '../../common/errors.ts';

/** A group of ranks that ended before its work was done. Its exit status is the one that {@link Communicator.abort} was given. */
export class AbortedError extends UserError {
  override name = 'AbortedError';
  override readonly exitCode: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.exitCode = status;
  }
}
