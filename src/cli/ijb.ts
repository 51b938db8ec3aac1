/** Declaration of `normface ijb`. */

import { type AddCommand, examples, mergeOption, wholeNumber } from './command.ts';

export const addIjb: AddCommand = (program, run) => {
  program
    .command('ijb')
    .description(
      'IJB-B and IJB-C: templates, each pooled from stills and videos of a person, in pairs and in galleries',
    )
    .argument('<checkpoint>', 'a run folder (its newest checkpoint), a checkpoint folder or a weights file')
    .requiredOption('--data <images>', 'aligned images: a folder or an archive (.tar, .tar.gz, .zip)')
    .requiredOption('--templates <file>', 'lines "image.jpg template medium", as ijbc_face_tid_mid.txt')
    .option('--pairs <file>', '1:1: lines "template template 0|1", as ijbc_template_pair_label.txt')
    .option('--gallery <files...>', '1:N: tables with TEMPLATE_ID and SUBJECT_ID, each judged by itself')
    .option('--probes <file>', '1:N: a table of the templates that are looked for in each gallery')
    .option('--no-norm-weighting', 'normalise the feature of every image before images are pooled')
    .addOption(mergeOption('sum'))
    .option('--batch <n>', 'images embedded at once', wholeNumber(1), 64)
    .option('-o, --out <folder>', 'where result.json and report.html go (default: a new folder runs/ijb-…)')
    .addHelpText(
      'after',
      '\nFeatures of the images of a medium are averaged, the media of a template added; the cosine of two templates is their score.\n' +
        'Features of all images are held in memory, each number in 4 bytes.\n' +
        examples(
          'normface ijb runs/normface-001 --data crops/ --templates ijbc_face_tid_mid.txt --pairs ijbc_template_pair_label.txt',
          'normface ijb runs/normface-001 --data crops/ --templates ijbc_face_tid_mid.txt --gallery ijbc_1N_gallery_G1.csv ijbc_1N_gallery_G2.csv --probes ijbc_1N_probe_mixed.csv',
        ),
    )
    .action(run(async () => (await import('./ijb.node.ts')).ijb));
};
