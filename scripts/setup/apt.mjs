import { reason, run, SetupError } from './process.mjs';

/** A source that is down should not hold everything up, and another installation may be at work. */
const PATIENCE = [
  'Acquire::Retries=1',
  'Acquire::http::Timeout=20',
  'Acquire::https::Timeout=20',
  'DPkg::Lock::Timeout=300',
].flatMap((option) => ['-o', option]);

/**
 * Runs apt-get or one of its kin, in no language but English and without questions.
 *
 * @param {readonly string[]} command
 */
export function runApt([program = '', ...args]) {
  return run(program, args, {
    env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    timeoutSeconds: 900,
  });
}

/**
 * Renews the lists of packages and installs.
 *
 * @param {readonly string[]} install the whole command, `apt-get install …`
 * @param {{ what: string, command: string, beforeInstall?: () => Promise<void> }} options `what` is installed, and the `command` that a
 *   person would type, for messages; `beforeInstall` looks at the new lists and throws where they will not do
 * @throws {SetupError} with the reason and the command
 */
export async function installWithApt(install, { what, command, beforeInstall }) {
  // Its failure is not the end: another source may be down, or the lists already good enough.
  const update = await runApt(['apt-get', 'update', ...PATIENCE]);
  await beforeInstall?.();
  const result = await runApt([...install, ...PATIENCE]);
  if (result.ok) return;
  const why = result.timedOut ? 'it did not end within 15 minutes' : reason(update.stderr + result.stderr);
  throw new SetupError(
    `apt-get could not install ${what} ("${why}"); check the network connection and try again, or run:\n  ${command}`,
  );
}
