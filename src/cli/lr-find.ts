/** Declaration of `normface lr-find`. */

import {
  type AddCommand,
  examples,
  forceOption,
  lossOption,
  netOption,
  positiveNumber,
  repeatedOption,
  wholeNumber,
} from './command.ts';

export const addLrFind: AddCommand = (program, run) => {
  program
    .command('lr-find')
    .description('find a learning rate: train for some steps at rates that rise, and watch the loss')
    .argument('[config.json]', 'the training; without: the small net on generated faces with softmax')
    .option('--data <data>', 'the images, as `normface train` takes them')
    .addOption(netOption())
    .addOption(lossOption('the loss'))
    .option('--batch <n>', 'images in a step', wholeNumber(1))
    .option('--from <checkpoint>', 'start from the weights of another run')
    .addOption(repeatedOption('--set <key=value>', 'any other setting'))
    .option('--lowest <rate>', 'rate of the first step', positiveNumber, 1e-5)
    .option('--highest <rate>', 'rate of the last step', positiveNumber, 10)
    .option('--steps <n>', 'steps between them', wholeNumber(10), 100)
    .option('-o, --out <file>', 'write the curve: .csv, .svg or .png')
    .addOption(forceOption())
    .addHelpText(
      'after',
      '\nNothing of the training is kept. The test is that of arXiv 1506.01186; it ends where the smoothed loss is more\nthan four times its least, or than four times the margin of a contrastive or triplet loss where that is more.\n' +
        examples(
          'normface lr-find configs/lfw-small.json --out rates.svg',
          'normface lr-find configs/lfw-small-normface.json --from runs/lfw-small-001',
          'normface lr-find --loss arcface --net small --steps 200 --json',
        ),
    )
    .action(run(async () => (await import('./lr-find.node.ts')).findRate));
};
