/** Declaration of `normface embed`. */

import { type AddCommand, examples, forceOption, mergeOption, wholeNumber } from './command.ts';

export const addEmbed: AddCommand = (program, run) => {
  program
    .command('embed')
    .description('write the raw features of images to a file')
    .argument(
      '<images...>',
      'image files, or data sets: folders identity/image.jpg, archives of such (.tar, .tar.gz, .zip), .rec, .bin, lists, generated:…',
    )
    .requiredOption('-c, --checkpoint <checkpoint>', 'a run folder, a checkpoint folder or a weights file')
    .requiredOption('-o, --out <file>', 'the file to write: features.safetensors or features.csv')
    .addOption(mergeOption('sum'))
    .option('--batch <n>', 'images embedded at once', wholeNumber(1), 64)
    .option('--align', 'find the largest face of each image and align it first')
    .option('--detector <name>', 'how it is found, as in `normface align`; includes --align')
    .addOption(forceOption())
    .addHelpText(
      'after',
      '\nWithout --align no face is looked for, and images must be aligned and cropped like those that the net was trained on. With it,\n' +
        'images without a face are named and left out.\n\n' +
        'A .safetensors file holds the tensor "features" [images, dimension], not normalised, and in its metadata the names of the\n' +
        'images as a JSON list under "images". A .csv file has a row for every image: its name, then its numbers.\n' +
        examples(
          'normface embed a.jpg b.jpg --checkpoint runs/normface-001 --out features.safetensors',
          'normface embed faces.tar --checkpoint runs/normface-001 --out faces.csv --merge front',
        ),
    )
    .action(run(async () => (await import('./embed.node.ts')).embed));
};
