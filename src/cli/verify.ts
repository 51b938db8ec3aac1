/** Declaration of `normface verify`. */

import { falseAcceptRate } from './calibrate.ts';
import { type AddCommand, cosine, examples } from './command.ts';

export const addVerify: AddCommand = (program, run) => {
  program
    .command('verify')
    .description(
      'compare two images and decide at the threshold that `normface eval --store-threshold` or `calibrate` kept',
    )
    .argument(
      '<a>',
      'an image of a face, aligned and cropped like the training images, or with --align any photograph',
    )
    .argument('<b>', 'another')
    .requiredOption('-c, --checkpoint <checkpoint>', 'a run folder, a checkpoint folder or a weights file')
    .option('--threshold <cosine>', 'decide at this cosine instead, from -1 to 1', cosine)
    .option(
      '--far <rate>',
      'decide at the threshold that `normface calibrate` kept for this false accept rate, such as 1e-3',
      falseAcceptRate,
    )
    .option('--align', 'find the largest face of each image and align it first')
    .option('--detector <name>', 'how it is found, as in `normface align`; includes --align')
    .addHelpText(
      'after',
      '\nWithout --align no face is looked for: an image that is not aligned like the training images gets a number that means nothing.\n' +
        examples(
          'normface verify a.jpg b.jpg --checkpoint runs/normface-001',
          'normface verify a.jpg b.jpg --checkpoint runs/normface-001 --far 1e-3',
          'normface verify a.jpg b.jpg --checkpoint weights.safetensors --threshold 0.4 --json',
          'normface verify party.jpg passport.png --checkpoint runs/normface-001 --align',
        ),
    )
    .action(run(async () => (await import('./verify.node.ts')).verify));
};
