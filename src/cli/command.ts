/**
 * What the declarations of commands share: `NAME.ts` declares a command's words, options and help, `NAME.node.ts` does its work and is
 * loaded when the command runs.
 */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { type MergeName, mergeNames } from '../normface/evaluation/merge.ts';
import { lossNames } from '../normface/losses/names.ts';
import type { Context } from './context.node.ts';

/** What a command does. What it returns is the command's result, which `--json` prints. */
export type Body<Arguments extends unknown[]> = (context: Context, ...values: Arguments) => Promise<unknown>;

/**
 * Turns a command's body into the action that the command-line parser calls, with the positional arguments and the options after the
 * context. The body is loaded when it is called, so that help, completion and mistyped words load nothing but declarations.
 */
export type Runner = <Arguments extends unknown[]>(
  load: () => Promise<Body<Arguments>>,
) => (...values: Arguments) => Promise<void>;

/** Adds one command to the program. */
export type AddCommand = (program: Command, run: Runner) => void;

/** For commands that write a file. */
export function forceOption(): Option {
  return new Option('--force', 'replace the file if it exists');
}

/** Reads a whole number of at least `minimum`, and at most `maximum`. */
export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value) || value < minimum)
      throw new InvalidArgumentError(`Give a whole number of at least ${minimum}.`);
    if (value > maximum) throw new InvalidArgumentError(`Give a whole number of at most ${maximum}.`);
    return value;
  };
}

/** Reads a finite number. */
export function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Give a number.');
  return value;
}

/** Reads a number above zero. */
export function positiveNumber(text: string): number {
  const value = finiteNumber(text);
  if (value <= 0) throw new InvalidArgumentError('Give a number above 0.');
  return value;
}

/** Reads a cosine. */
export function cosine(text: string): number {
  const value = finiteNumber(text);
  if (Math.abs(value) > 1) throw new InvalidArgumentError('A cosine lies between -1 and 1.');
  return value;
}

/** Reads a size such as `56x48`, height first. */
export function imageSize(text: string): [height: number, width: number] {
  const match = /^(\d{1,4})[x×](\d{1,4})$/.exec(text);
  if (!match) throw new InvalidArgumentError('Give height and width, such as 56x48.');
  return [Number(match[1]), Number(match[2])];
}

/** Reads `true` or `false`. */
export function trueOrFalse(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new InvalidArgumentError('Give true or false.');
  return text === 'true';
}

/** An option that takes one of the given words. */
export function choiceOption(flags: string, description: string, words: readonly string[]): Option {
  return new Option(flags, description).choices(words);
}

/** `--merge`: how the features of an image and of its mirror image become one. */
export function mergeOption(preset: MergeName): Option {
  return choiceOption('--merge <name>', 'how image and mirror image are merged', mergeNames).default(preset);
}

/** An option of the form `NAME=value` that may be repeated; its value is the list of what was given. */
export function repeatedOption(flags: string, description: string): Option {
  return new Option(flags, `${description}; may be repeated`)
    .argParser((value, previous: string[]) => [...previous, value])
    .default([], 'none');
}

/** `--loss`: which words there are is said and checked, with the likely intended one, by the configuration. */
export function lossOption(description: string): Option {
  return choiceOption('--loss <name>', description, lossNames).argParser((name: string) => name);
}

/** `--net`. */
export function netOption(): Option {
  return new Option('--net <net>', 'name of a net (see `normface nets`), or a file that holds one (.json)');
}

/** For a command that would begin long work: where it is called with nothing at all, its help is printed instead. */
export function usageWhenBare<Arguments extends unknown[]>(
  command: Command,
  action: (...values: Arguments) => Promise<void>,
): (...values: Arguments) => Promise<void> {
  return async (...values) => {
    const isGiven = command.options.some(
      (option) => command.getOptionValueSource(option.attributeName()) === 'cli',
    );
    if (isGiven || command.args.length > 0) return action(...values);
    command.help({ error: true });
  };
}

/** The part of a help text that shows how a command is used. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}
