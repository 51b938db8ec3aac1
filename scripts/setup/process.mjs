import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A reason why the set-up cannot go on, said to the user in one sentence. */
export class SetupError extends Error {
  exitCode = 1;
}

/** @param {string} sentence */
export function say(sentence) {
  console.log(`setup: ${sentence}`);
}

/**
 * Runs a program to its end without a terminal and keeps what it printed.
 *
 * An interrupt (Ctrl-C, which reaches the program too) is obeyed only once the program has ended: npm takes a while to
 * clean up, and anyone who started another set-up meanwhile would get in its way. A second one kills it.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, timeoutSeconds: number, shell?: boolean }} options
 * @returns {Promise<{ ok: boolean, timedOut: boolean, stdout: string, stderr: string }>} `ok` is false too if it could not
 *   start
 */
export async function run(command, args, { cwd, env, timeoutSeconds, shell = false }) {
  const stdio = /** @type {const} */ (['ignore', 'pipe', 'pipe']);
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: [...stdio], shell });
  const result = { ok: false, timedOut: false, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    result.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    result.stderr += text;
  });
  const timer = setTimeout(() => {
    result.timedOut = true;
    child.kill('SIGKILL');
  }, timeoutSeconds * 1000);
  let interrupted = false;
  const onInterrupt = (/** @type {NodeJS.Signals} */ signal) => {
    if (interrupted) child.kill('SIGKILL');
    else if (signal !== 'SIGINT') child.kill(signal);
    interrupted = true;
  };
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.on(signal, onInterrupt);
  try {
    const [status] = await once(child, 'close');
    result.ok = status === 0;
  } catch (error) {
    result.stderr ||= String(error instanceof Error ? error.message : error);
  } finally {
    clearTimeout(timer);
    for (const signal of signals) process.off(signal, onInterrupt);
  }
  if (interrupted) throw Object.assign(new SetupError('interrupted'), { exitCode: 130 });
  return result;
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
