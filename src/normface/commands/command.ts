/** The shape of a command's module, and the readers of option values that commands share. */

import { type Command, InvalidArgumentError } from 'commander';
import type { Context } from './context.node.ts';

/**
 * Turns a command's body into the action that the command-line parser calls. What the body returns is the command's result, which
 * `--json` prints; the positional arguments and the options come after the context.
 */
export type Runner = <Arguments extends unknown[]>(
  body: (context: Context, ...values: Arguments) => Promise<unknown>,
) => (...values: Arguments) => Promise<void>;

/** Adds one command to the program. */
export type AddCommand = (program: Command, run: Runner) => void;

/** Reads a whole number of at least `minimum`. */
export function wholeNumber(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value) || value < minimum)
      throw new InvalidArgumentError(`Give a whole number of at least ${minimum}.`);
    return value;
  };
}

/** Reads a finite number. */
export function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Give a number.');
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

/** Reads one of the given words. */
export function choice<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) throw new InvalidArgumentError(`Give one of ${words.join(', ')}.`);
    return word;
  };
}

/** Collects the values of an option that may be repeated. */
export function repeated(value: string, previous: string[]): string[] {
  return [...previous, value];
}

/** The part of a help text that shows how a command is used. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}
