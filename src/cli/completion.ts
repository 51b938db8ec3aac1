/** Declaration of `normface completion`, and of the command that the shells call back at every press of the Tab key. */

import type { Command } from 'commander';
import { candidates } from './candidates.ts';
import { type AddCommand, examples } from './command.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

export const addCompletion: AddCommand = (program, run) => {
  const completion = program.command('completion');
  completion
    .description('print a script that completes commands, options and their values with the Tab key')
    .addArgument(completion.createArgument('<shell>', 'of which shell').choices(shells))
    .addHelpText(
      'after',
      examples(
        'source <(normface completion bash)                               # in ~/.bashrc',
        'normface completion zsh > ~/.zfunc/_normface                     # a folder of $fpath',
        'normface completion fish > ~/.config/fish/completions/normface.fish',
      ),
    )
    .action(run(async () => (await import('./completion-scripts.ts')).completion));
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(
      run(async () => async (context, words: string[]) => {
        for (const candidate of candidates(program as Command, words)) context.say(candidate);
      }),
    );
};
