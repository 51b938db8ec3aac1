/** docs/cli.md, from the declarations that the command line is parsed by. */

import { Command } from 'commander';
import { declareProgram } from '../../src/cli/program.ts';
import { cell, code, table } from './markdown.ts';

const introduction = `# Command line

<!-- Written by \`npm run docs:reference\` from src/cli; do not edit. -->

\`npm run build\` makes the program \`normface\`: \`npx normface …\` in a clone, \`normface …\` where the package is installed globally.

Exit status: 0 done; 1 an error, such as data, a checkpoint or an adapter that is not there, or checks that fail; 2 wrong usage or
configuration; 3 a run that diverged; 130 interrupted, and saved.

A command that writes a file makes the folders that are missing on the way, and replaces a file that exists only with \`--force\`.`;

/** The page. */
export function commandLinePage(): string {
  const program = new Command('normface').version('', '-V, --version', 'print the version');
  program.configureOutput({ getOutHelpWidth: () => 1e6 });
  declareProgram(program, () => async () => {});
  const commands = shown(program);
  const list = commands.map((command) => [
    `[\`${pathOf(command)}\`](#${pathOf(command).replaceAll(' ', '-')})`,
    cell(command.description()),
  ]);
  const parts = [
    introduction,
    table(['command', 'what it does'], list),
    '## Options of every command',
    optionsOf(program),
    ...commands.map(sectionOf),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Every command that a help text lists, those below another one after it. */
function shown(command: Command): Command[] {
  const { subcommands } = helpOf(command);
  return subcommands.flatMap((one) => [one, ...shown(one)]);
}

function helpOf(command: Command) {
  const help = command.createHelp();
  return {
    subcommands: help.visibleCommands(command).filter((one) => one.name() !== 'help'),
    options: help.visibleOptions(command).filter(({ long }) => long !== '--help'),
    arguments: help.visibleArguments(command),
    /** Defaults and choices are in it. */
    ofOption: help.optionDescription.bind(help),
    ofArgument: help.argumentDescription.bind(help),
  };
}

/** The words that call a command. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function sectionOf(command: Command): string {
  const help = helpOf(command);
  const rows = help.arguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return [code(argument.required ? `<${name}>` : `[${name}]`), cell(help.ofArgument(argument))];
  });
  const usage = command.parent ? `${pathOf(command.parent)} ${command.name()} ${command.usage()}` : '';
  const description = command.description();
  const parts = [
    `## ${pathOf(command)}`,
    `${description.charAt(0).toUpperCase()}${description.slice(1)}.`,
    `Usage: \`${usage.trim()}\``,
    ...(rows.length > 0 ? [table(['argument', 'what'], rows)] : []),
    ...(help.options.length > 0 ? [optionsOf(command)] : []),
    ...afterText(command),
  ];
  return parts.join('\n\n');
}

function optionsOf(command: Command): string {
  const { options, ofOption } = helpOf(command);
  return table(
    ['option', 'what'],
    options.map((option) => [code(option.flags), cell(ofOption(option))]),
  );
}

/** What a command's help says below its options: remarks, and examples as a block of shell lines. */
function afterText(command: Command): string[] {
  let help = '';
  const { getOutHelpWidth } = command.configureOutput();
  command.configureOutput({ getOutHelpWidth, writeOut: (text) => (help += text) });
  command.outputHelp();
  const [remarks = '', examples] = help.slice(command.helpInformation().length).split('Examples:\n');
  const lines = [...(examples ?? '').matchAll(/^ {2}\$ (.*)$/gm)].map(([, line]) => line!);
  const paragraphs = remarks.split('\n\n').map((text) => text.trim());
  return [
    ...paragraphs.filter(Boolean),
    ...(lines.length > 0 ? [`\`\`\`sh\n${lines.join('\n')}\n\`\`\``] : []),
  ];
}
