/** Declaration of `normface paper`. */

import { type AddCommand, choiceOption, examples, positiveNumber, wholeNumber } from './command.ts';

export const addPaper: AddCommand = (program, run) => {
  program
    .command('paper')
    .description('reproduce figures and tables of the NormFace paper')
    .argument('[names...]', 'experiments, such as fig5; see --list')
    .option('--all', 'every experiment')
    .option('--only <names>', 'the same as names: with commas between them', (names: string) =>
      names.split(',').map((name) => name.trim()),
    )
    .option('--list', 'list the experiments and stop')
    .addOption(
      choiceOption('--preset <name>', 'minutes on a processor, hours, or the sizes of the paper', [
        'quick',
        'medium',
        'full',
      ]).default('quick'),
    )
    .option(
      '--seeds <n>',
      'repetitions of what is trained (default: 1, of comparisons 3 or 5; with --preset medium or full 3)',
      wholeNumber(1),
    )
    .option('--jobs', 'list the trainings of the tables, what is done and the time left, and stop')
    .option(
      '--minutes <n>',
      'stop after so long, with everything saved: the same command goes on, and keeps figures as with --resume',
      positiveNumber,
    )
    .option('--report', 'write what is known so far, and train nothing')
    .option(
      '--data <folder>',
      'where lfw/, mnist/, casia/ and ytf/ are (default: $NORMFACE_DATA, else ../shared/data)',
    )
    .option('-o, --out <folder>', 'where everything goes (default: runs/paper, or runs/paper-medium)')
    .option('--jobs-folder <folder>', 'where trainings are kept (default: jobs in --out)')
    .option(
      '--resume',
      'keep figures that are there of the same settings; finished trainings are kept in any case',
    )
    .addHelpText(
      'after',
      examples(
        'normface paper fig5',
        'normface paper --all --resume',
        'normface paper fig2 fig3 --preset full',
        'normface paper --all --preset medium --jobs',
        'normface paper --only table2 --preset medium --minutes 50',
      ),
    )
    .action(run(async () => (await import('./paper.node.ts')).paper));
};
