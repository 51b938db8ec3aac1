/** Declaration of `normface blufr`. */

import { type AddCommand, examples, mergeOption, wholeNumber } from './command.ts';

export const addBlufr: AddCommand = (program, run) => {
  program
    .command('blufr')
    .description('BLUFR: VR at FAR = 0.1 % over all pairs, open-set DIR at FAR = 1 %, over ten trials of LFW')
    .argument('<checkpoint>', 'a run folder (its newest checkpoint), a checkpoint folder or a weights file')
    .requiredOption(
      '--splits <file>',
      'blufr_lfw_config.mat, or its lists as text: a folder, .tar or .tar.gz',
    )
    .option('--data <data>', 'all images of LFW: a folder or an archive (default: as the run was configured)')
    .option('--trial <n...>', 'only these trials (default: all)', numbers)
    .addOption(mergeOption('sum'))
    .option(
      '--pca <size>',
      "project on principal components of each trial's training images: their number, or a share of the variance such as 0.995",
    )
    .option('--batch <n>', 'images embedded at once', wholeNumber(1), 64)
    .option('-o, --out <folder>', 'where result.json and report.html go (default: a new folder runs/blufr-…)')
    .addHelpText(
      'after',
      '\nA trial judges people who are not in its training set; a net that was trained on other images of LFW may know them.\n' +
        examples(
          'normface blufr runs/normface-001 --data lfw.tar --splits blufr_lfw_config.mat',
          'normface blufr runs/normface-001 --data lfw.tar --splits blufr_lfw_config.mat --trial 1 2 --pca 0.995 --json',
        ),
    )
    .action(run(async () => (await import('./blufr.node.ts')).blufr));
};

/** Collects whole numbers from 1. */
function numbers(text: string, previous: readonly number[] = []): number[] {
  return [...previous, wholeNumber(1)(text)];
}
