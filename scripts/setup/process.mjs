import { spawnSync } from 'node:child_process';

/** A reason why the set-up cannot go on, said to the user in one sentence. */
export class SetupError extends Error {}

/** @param {string} sentence */
export function say(sentence) {
  console.log(`setup: ${sentence}`);
}

/**
 * Runs a program to its end without a terminal and keeps what it printed.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, timeoutSeconds: number, shell?: boolean }} options
 * @returns {{ ok: boolean, timedOut: boolean, stdout: string, stderr: string }} `ok` is false too when it could not start
 */
export function run(command, args, { cwd, env, timeoutSeconds, shell = false }) {
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: timeoutSeconds * 1000,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 2 ** 20,
    shell,
  });
  return {
    ok: result.status === 0,
    timedOut: /** @type {NodeJS.ErrnoException | undefined} */ (result.error)?.code === 'ETIMEDOUT',
    stdout: result.stdout ?? '',
    stderr: result.stderr || result.error?.message || '',
  };
}

/**
 * The line of a failed program's output that best says why: a failed download, else an error, else the last line.
 *
 * @param {string} output of npm or apt
 */
export function reason(output) {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const signs = [/^[EW]: Failed to fetch/, /^(E:|npm (error|ERR!) code)/];
  for (const sign of signs) {
    const line = lines.find((candidate) => sign.test(candidate));
    if (line) return line;
  }
  return lines.at(-1) ?? 'no word of why';
}
