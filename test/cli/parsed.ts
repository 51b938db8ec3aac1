import { Command } from 'commander';
import { declareProgram } from '../../src/cli/program.ts';

/** The words of a line of a shell, as far as examples need it. */
const wordsOf = (line: string) =>
  [...line.replace(/ +#.*$/, '').matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3]!,
  );

/**
 * Parses what stands after `normface` in a line of a shell, and runs nothing.
 * @throws CommanderError where the line is no command line of the program
 */
export function parsed(line: string): Promise<Command> {
  const program = new Command('normface').exitOverride().configureOutput({ writeErr: () => {} });
  declareProgram(program, () => async () => {});
  program.version('0').action(() => {});
  return program.parseAsync(wordsOf(line), { from: 'user' });
}
