/** Declaration of `normface norms`. */

import { type AddCommand, examples, wholeNumber } from './command.ts';

export const addNorms: AddCommand = (program, run) => {
  program
    .command('norms')
    .description(
      'whether the length of a feature says how good an image is: generated faces, blurred and coarsened',
    )
    .argument('<checkpoint>', 'a run folder (its newest checkpoint), a checkpoint folder or a weights file')
    .option('--people <n>', 'generated people', wholeNumber(2), 40)
    .option('--samples <n>', 'pictures of each', wholeNumber(1), 4)
    .option(
      '--seed <n>',
      'of the world that they are of: another one than the training was on',
      wholeNumber(0),
      99,
    )
    .option('--batch <n>', 'images embedded at once', wholeNumber(1), 64)
    .addHelpText(
      'after',
      '\nEvery picture is drawn at six radii of blur and at six resolutions, from which it is enlarged again. AdaFace and MagFace\n' +
        'take long features for those of good images. Where they are those of bad ones, AdaFace wants a negative loss.concentration.\n' +
        examples('normface norms runs/adaface-001', 'normface norms runs/adaface-001 --people 100 --json'),
    )
    .action(run(async () => (await import('./norms.node.ts')).norms));
};
