/** An error whose message is one clear sentence for the user; the command line prints it without a stack trace. */
export class UserError extends Error {
  /** Exit status of the process: 1 error, 2 usage or configuration, 3 diverged run. */
  readonly exitCode: number = 1;
  override name = 'UserError';
}

/** Wrong command-line flags or configuration: exit status 2. */
export class UsageError extends UserError {
  override readonly exitCode = 2;
  override name = 'UsageError';
}

/** Training produced a loss that is not finite: exit status 3. */
export class DivergedError extends UserError {
  override readonly exitCode = 3;
  override name = 'DivergedError';
}
