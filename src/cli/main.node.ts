#!/usr/bin/env node
/** The `normface` command line, and the one place where errors become sentences. */

import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { UsageError, UserError } from '../common/errors.ts';
import { printable } from '../common/printable.ts';
import { suggest } from '../common/suggest.ts';
import { ArgumentError, DeviceError, LabelError, NotFiniteError } from '../engine/core/errors.ts';
import { launchedBy } from '../engine/distributed/mpi/launcher.ts';
import { setMostPixels } from '../normface/data/images/pixel-limit.node.ts';
import { ordersOf } from '../normface/distributed/orders.ts';
import { packageVersion } from '../normface/package.node.ts';
import type { Runner } from './command.ts';
import { Context, type GlobalOptions, type Streams } from './context.node.ts';
import { declareProgram } from './program.ts';
import { StandardStreams } from './standard-streams.node.ts';

/**
 * Runs one command line.
 * @param words the words after `normface`
 * @returns the exit status: 0 done, 1 error, 2 wrong usage or configuration, 3 diverged run, 130 interrupted and saved
 */
export async function runCli(words: readonly string[], streams: Streams = process): Promise<number> {
  let exitCode = 0;
  const run: Runner =
    (load) =>
    async (...values) => {
      refuseExcess(values.at(-1), program);
      const options = program.opts<GlobalOptions>();
      const context = new Context(options, streams, words);
      try {
        setMostPixels(options.maxPixels);
        const body = await load();
        const result = await body(context, ...values);
        if (result !== undefined) context.emit(result);
        exitCode = context.exitCode;
      } finally {
        await context.close();
      }
    };
  const program = new Command('normface')
    .version(packageVersion, '-V, --version', 'print the version')
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: (text) => void streams.stderr.write(text),
      outputError: () => {},
      getOutHelpWidth: () => streams.stdout.columns ?? 100,
      getErrHelpWidth: () => streams.stderr.columns ?? 100,
    })
    .allowExcessArguments()
    .showSuggestionAfterError(true)
    .exitOverride();
  declareProgram(program, run);
  program
    .addHelpText('afterAll', ({ command }) =>
      command === program
        ? ''
        : '`normface --help` lists the options that every command takes, such as --json and --adapter.',
    )
    .action(
      run(async () => async (context: Context) => {
        if (program.opts<{ listAdapters?: boolean }>().listAdapters) return listAdapters(context);
        const [word] = program.args;
        if (word !== undefined) {
          const guess = suggest(
            word,
            program.commands.map((command) => command.name()),
          );
          throw new UsageError(`there is no command "${word}"${guess ? `, did you mean "${guess}"?` : ''}`);
        }
        program.help({ error: true });
      }),
    );
  try {
    await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error, streams);
  }
}

/**
 * Refuses words that a command has no argument for. (The parser would do that too, but without naming them, and for the program it
 * must not: there a word too many is a mistyped command.)
 */
function refuseExcess(command: unknown, program: Command): void {
  if (!(command instanceof Command) || command === program) return;
  const { registeredArguments, args } = command;
  if (registeredArguments.at(-1)?.variadic) return;
  const excess = args[registeredArguments.length];
  if (excess === undefined) return;
  const taken = registeredArguments.map((argument) => argument.name()).join(' and ');
  const names: string[] = [];
  for (let at: Command | null = command; at; at = at.parent) names.unshift(at.name());
  throw new UsageError(
    `"${excess}" is one word too many: ${names.join(' ')} takes ${taken === '' ? 'options only' : `only ${taken}`}`,
  );
}

async function listAdapters(context: Context) {
  const { listAdapters } = await import('../engine/runtime/device.node.ts');
  const adapters = await listAdapters();
  for (const name of adapters) context.say(name);
  if (adapters.length === 0) context.say('no WebGPU adapter was found; `normface doctor` tells more');
  return { adapters };
}

/** Prints what went wrong as one sentence and gives the exit status. */
function explain(error: unknown, { stderr }: Streams): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  // The help was printed in place of an error.
  if (error instanceof CommanderError && error.code === 'commander.help') return 2;
  const message = error instanceof Error ? error.message : String(error);
  const sentence = printable(message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' '));
  const [exitCode, expected] = classify(error);
  // As the other lines of ranks that are not the one that prints.
  const { rank = 0 } = launchedBy(process.env) ?? {};
  const who = rank === 0 ? '' : `rank ${rank}: `;
  stderr.write(`${who}normface: ${expected ? '' : 'internal error: '}${sentence}\n`);
  if (process.env.DEBUG) stderr.write(`${(error as Error).stack}\n`);
  else if (!expected) stderr.write('normface: set DEBUG=1 to see where it happened\n');
  return exitCode;
}

/** Exit status, and whether this is an error that people are meant to meet. */
function classify(error: unknown): [exitCode: number, expected: boolean] {
  if (error instanceof UserError) return [error.exitCode, true];
  if (error instanceof CommanderError) return [2, true];
  if (error instanceof NotFiniteError) return [3, true];
  return [1, [DeviceError, LabelError, ArgumentError].some((expected) => error instanceof expected)];
}

const isProgram =
  process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
if (isProgram) {
  const words = process.argv.slice(2);
  process.exitCode = await runCli(
    words,
    new StandardStreams(process, { mixable: !words.includes('--json'), terminal: ordersOf(process.env) }),
  );
}
