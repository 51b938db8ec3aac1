/** Declaration of `normface tune`. */

import { type AddCommand, examples, netOption, repeatedOption, wholeNumber } from './command.ts';

export const addTune: AddCommand = (program, run) => {
  program
    .command('tune')
    .description(
      'measure the variants of kernels that a training needs on this adapter, and remember the fastest',
    )
    .argument('[config.json]', 'the training; without: the small net with softmax')
    .addOption(netOption())
    .option('--batch <n>', 'images in a step', wholeNumber(1))
    .option('--classes <n>', 'people (default: those in the data of the training)', wholeNumber(2))
    .addOption(repeatedOption('--set <key=value>', 'any other setting'))
    .option('--inference', 'only what embedding and evaluation need')
    .option('--again', 'measure also what is known')
    .addHelpText(
      'after',
      examples(
        'normface tune',
        'normface tune configs/lfw-small.json',
        'normface tune --net center-face-resnet --batch 8 --classes 10572',
      ),
    )
    .action(run(async () => (await import('./tune.node.ts')).tune));
};
