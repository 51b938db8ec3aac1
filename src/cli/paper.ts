/** Declaration of `normface paper`. */

import { type AddCommand, choiceOption, examples, wholeNumber } from './command.ts';

export const addPaper: AddCommand = (program, run) => {
  program
    .command('paper')
    .description('reproduce figures and tables of the NormFace paper')
    .argument('[names...]', 'experiments, such as fig5; see --list')
    .option('--all', 'every experiment')
    .option('--list', 'list the experiments and stop')
    .addOption(
      choiceOption('--preset <name>', 'minutes on a processor, or the sizes of the paper', [
        'quick',
        'full',
      ]).default('quick'),
    )
    .option(
      '--seeds <n>',
      'repetitions of what is trained (default: 1, of comparisons 3 or 5; with --preset full 3)',
      wholeNumber(1),
    )
    .option(
      '--data <folder>',
      'where lfw/, mnist/, casia/ and ytf/ are (default: $NORMFACE_DATA, else ../shared/data)',
    )
    .option('-o, --out <folder>', 'where everything goes', 'runs/paper')
    .option('--resume', 'keep what is there of the same settings; finished trainings are kept in any case')
    .addHelpText(
      'after',
      examples(
        'normface paper fig5',
        'normface paper --all --resume',
        'normface paper fig2 fig3 --preset full',
      ),
    )
    .action(run(async () => (await import('./paper.node.ts')).paper));
};
