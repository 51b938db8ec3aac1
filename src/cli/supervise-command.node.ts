/** The supervisor of the processes that carry out a command together. */

import fs from 'node:fs';
import { UserError } from '../common/errors.ts';
import { parseHosts, rankCount } from '../normface/distributed/launch-line.ts';
import { findLauncher, titles } from '../normface/distributed/launcher.node.ts';
import { supervise } from '../normface/distributed/supervise.node.ts';
import { latestCheckpoint } from '../normface/training/checkpoint/checkpoint.node.ts';
import { EndSignals, type SignalOptions } from '../normface/training/run/end-signals.node.ts';
import { INTERRUPTED } from '../normface/training/run/interrupt.node.ts';
import type { Context } from './context.node.ts';

export interface RankOptions {
  readonly ranks?: number;
  readonly hosts?: string;
  readonly maxRestarts?: number;
  readonly launcher?: string;
  readonly rshAgent?: string;
  /** The run that is resumed. */
  readonly run?: string;
}

/** Ranks that ended with another status than 0, which becomes that of the program. */
class RanksError extends UserError {
  override readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs this program in several ranks, to their end, and takes over their exit status.
 * @param words what the ranks are called with, also to go on with a run
 */
export async function superviseCommand(
  context: Context,
  options: RankOptions,
  words: (run: string | undefined) => readonly string[],
): Promise<void> {
  const { rshAgent, run, maxRestarts = 3 } = options;
  const hosts = options.hosts === undefined ? undefined : parseHosts(options.hosts);
  const ranks = rankCount(options.ranks, hosts);
  const launcher = findLauncher(options.launcher);
  const where = hosts ? ` on ${hosts.map(({ host }) => host).join(', ')}` : '';
  const { flavour, version, path } = launcher;
  context.say(`ranks   ${ranks}${where}, started by ${titles[flavour]} ${version} (${path})`);
  const { stdout, stderr } = process;
  const { status, reason, restarts } = await supervise({
    ...{ launcher, ranks, hosts, rshAgent, run, maxRestarts },
    program: (from) => [process.execPath, ...process.execArgv, programFile(), ...words(from)],
    hasCheckpoint: (folder) => latestCheckpoint(folder) !== undefined,
    columns: stdout.isTTY ? stdout.columns : undefined,
    stdout: (text) => void stdout.write(text),
    stderr: (line) => void stderr.write(`${line}\n`),
    warn: (text) => context.warn(text),
    onStop: (stop) => listen(context, stop),
  });
  context.exitCode = status;
  context.emit({ event: 'ranks', ranks, launcher, restarts, status, ...(reason !== '' && { reason }) });
  if (status !== 0 && status !== INTERRUPTED) throw new RanksError(`the ranks ended: ${reason}`, status);
}

/** This program's own file: what was called may be a link that other hosts do not have, such as that of npx in its cache. */
function programFile(): string {
  return fs.realpathSync(process.argv[1]!);
}

/** Calls `stop` at each signal that asks to end. @returns ends it */
export function listen(
  context: Pick<Context, 'warn'>,
  stop: () => void,
  options?: SignalOptions,
): () => void {
  const told = (text: string) => {
    context.warn(text);
    stop();
  };
  const signals = new EndSignals(
    {
      asked: () => told('asking the ranks to save and stop; once more ends at once without saving'),
      insisted: () => told('ending at once'),
    },
    options,
  );
  return () => signals.dispose();
}
