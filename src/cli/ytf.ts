/** Declaration of `normface ytf`. */

import { type AddCommand, examples, mergeOption, wholeNumber } from './command.ts';

export const addYtf: AddCommand = (program, run) => {
  program
    .command('ytf')
    .description(
      'YouTube Faces: pairs of videos by the mean and by the histogram of the cosines of their frames',
    )
    .argument('<checkpoint>', 'a run folder (its newest checkpoint), a checkpoint folder or a weights file')
    .requiredOption(
      '--data <videos>',
      'aligned frames: a folder or an archive (.tar, .tar.gz, .zip) with person/video/frame.jpg',
    )
    .requiredOption('--splits <file>', 'the pairs and their folds, as splits.txt of YouTube Faces')
    .option('--frames <n>', 'at most so many frames of a video, evenly spaced (default: all)', wholeNumber(1))
    .addOption(mergeOption('front'))
    .option('--batch <n>', 'frames embedded at once', wholeNumber(1), 64)
    .option('-o, --out <folder>', 'where result.json and report.html go (default: a new folder runs/ytf-…)')
    .addHelpText(
      'after',
      '\nFeatures of all frames are held in memory, each number in 4 bytes.\n' +
        examples('normface ytf runs/normface-001 --data aligned_images_DB --splits splits.txt --frames 15'),
    )
    .action(run(async () => (await import('./ytf.node.ts')).ytf));
};
