/** What is to be known of a process that was started to do what may go wrong. */

import type { ChildProcess } from 'node:child_process';

/** The last line that a process has written to its standard error, whenever that is asked. */
export function lastErrorLine({ stderr }: ChildProcess): () => string {
  let text = '';
  stderr!.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(-4096);
  });
  return () => text.trim().split('\n').at(-1) ?? '';
}

/** `its process ended with signal SIGSEGV: what it said last` */
export function endText(
  { exitCode, signalCode }: Pick<ChildProcess, 'exitCode' | 'signalCode'>,
  lastLine: string,
): string {
  const how = signalCode ? `signal ${signalCode}` : `status ${exitCode}`;
  return `its process ended with ${how}${lastLine ? `: ${lastLine}` : ''}`;
}
