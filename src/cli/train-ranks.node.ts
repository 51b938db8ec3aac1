/** `normface train --ranks`: the supervisor of the processes that train. */

import { parseHosts, rankCount } from '../normface/distributed/launch-line.ts';
import { findLauncher, titles } from '../normface/distributed/launcher.node.ts';
import { supervise } from '../normface/distributed/supervise.node.ts';
import { latestCheckpoint } from '../normface/training/checkpoint/checkpoint.node.ts';
import type { Context } from './context.node.ts';
import { resumingWords, supervisorOptions, withoutOptions } from './words.ts';

export interface RankOptions {
  readonly ranks?: number;
  readonly hosts?: string;
  readonly maxRestarts?: number;
  readonly launcher?: string;
  readonly rshAgent?: string;
  /** The run that is resumed. */
  readonly run?: string;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the command line of this process in several ranks, to their end. */
export async function superviseTraining(context: Context, options: RankOptions): Promise<void> {
  const { rshAgent, run, maxRestarts = 3 } = options;
  const hosts = options.hosts === undefined ? undefined : parseHosts(options.hosts);
  const ranks = rankCount(options.ranks, hosts);
  const launcher = findLauncher(options.launcher);
  const words = withoutOptions(context.words, supervisorOptions);
  const where = hosts ? ` on ${hosts.map(({ host }) => host).join(', ')}` : '';
  context.say(
    `ranks   ${ranks}${where}, started by ${titles[launcher.flavour]} ${launcher.version} (${launcher.path})`,
  );
  const { stdout, stderr } = process;
  const { status, reason, restarts } = await supervise({
    ...{ launcher, ranks, hosts, rshAgent, run, maxRestarts },
    program: (from) => [
      process.execPath,
      ...process.execArgv,
      process.argv[1]!,
      ...(from === undefined ? words : resumingWords(words, from)),
    ],
    hasCheckpoint: (folder) => latestCheckpoint(folder) !== undefined,
    columns: stdout.isTTY ? stdout.columns : undefined,
    stdout: (bytes) => void stdout.write(bytes),
    stderr: (line) => void stderr.write(`${line}\n`),
    warn: (text) => context.warn(text),
    onStop: (stop) => {
      let asked = false;
      const onSignal = () => {
        context.warn(
          asked
            ? 'ending at once'
            : 'asking the ranks to save and stop; once more ends at once without saving',
        );
        asked = true;
        stop();
      };
      for (const signal of signals) process.on(signal, onSignal);
      return () => {
        for (const signal of signals) process.off(signal, onSignal);
      };
    },
  });
  context.exitCode = status;
  if (status !== 0 && status !== 130) context.warn(`the training ended: ${reason}`);
  context.emit({ event: 'ranks', ranks, launcher, restarts, status, ...(reason !== '' && { reason }) });
}
