/** Declaration of `normface nets`. */

import { type AddCommand, examples, imageSize, wholeNumber } from './command.ts';

export const addNets: AddCommand = (program, run) => {
  program
    .command('nets')
    .description('list the nets, or the layers of one')
    .argument('[net]', 'name of a net')
    .option(
      '--size <HxW>',
      'height and width of the images (default: those the net was designed for)',
      imageSize,
    )
    .option('--batch <n>', 'images whose activations are counted', wholeNumber(1), 64)
    .addHelpText(
      'after',
      examples('normface nets', 'normface nets small', 'normface nets small --size 64x64 --batch 256'),
    )
    .action(run(async () => (await import('./nets.node.ts')).listNets));
};
