/** What the Tab key offers on a command line, from what the commands declare. */

import type { Command, Option } from 'commander';

/**
 * What may stand in place of the last word, each with its description after a tab; none where a file or any text may stand.
 * @param words the words after the program's name up to the cursor; the last one is the one that is completed, empty if it is new
 */
export function candidates(program: Command, words: readonly string[]): string[] {
  // bash parts `--loss=normface` into three words.
  const [current = '', ...earlier] = words.filter((word) => word !== '=').reverse();
  let command = program;
  let operands = 0;
  let awaiting: Option | undefined;
  for (const word of earlier.reverse()) {
    if (awaiting) awaiting = undefined;
    else if (word.startsWith('-')) awaiting = optionTakingValue(program, command, word);
    else {
      const next = operands === 0 ? command.commands.find((child) => child.name() === word) : undefined;
      if (next) command = next;
      else operands++;
    }
  }
  const offered = awaiting
    ? values(awaiting.argChoices)
    : current.startsWith('-')
      ? options(program, command)
      : [
          ...(operands === 0 ? subcommands(command) : []),
          ...values(argumentAt(command, operands)?.argChoices),
        ];
  return offered.filter((line) => line.startsWith(current));
}

/** The option that a word such as `--loss` or `-c` names, if its value is the next word. */
function optionTakingValue(program: Command, command: Command, word: string): Option | undefined {
  const option = [...command.options, ...program.options].find(
    ({ long, short }) => word === long || word === short,
  );
  return option?.required ? option : undefined;
}

function argumentAt({ registeredArguments }: Command, operands: number) {
  const last = registeredArguments.at(-1);
  return registeredArguments[operands] ?? (last?.variadic ? last : undefined);
}

const values = (choices: readonly string[] | undefined): string[] =>
  choices?.map((word) => `${word}\t`) ?? [];

function subcommands(command: Command): string[] {
  const children = command.createHelp().visibleCommands(command);
  return children.map((child) => `${child.name()}\t${child.description()}`);
}

function options(program: Command, command: Command): string[] {
  const help = command.createHelp();
  const visible = [...help.visibleOptions(command), ...(command === program ? [] : program.options)];
  const unique = new Map(visible.map((option) => [option.long ?? option.short, option.description]));
  return [...unique].map(([flag, description]) => `${flag}\t${description}`);
}
