/** Declaration of `normface eval`. */

import { type AddCommand, examples, mergeOption, wholeNumber } from './command.ts';

export const addEval: AddCommand = (program, run) => {
  program
    .command('eval')
    .description('evaluate checkpoints on verification pairs; several are compared in one table')
    .argument(
      '<checkpoints...>',
      'run folders (their newest checkpoint), checkpoint folders or weights files',
    )
    .option(
      '--data <data>',
      'images: a folder, an archive, a .rec, a list, generated:…, or a .bin with its pairs (default: as the run was configured)',
    )
    .option(
      '--pairs <file>',
      "pairs in the format of LFW's pairs.txt (default: those of a .bin, else ten folds are drawn)",
    )
    .option(
      '--pairs-per-fold <n>',
      'pairs of each kind in a fold, where pairs are drawn (default: 300 of --data, else as the run was configured)',
      wholeNumber(1),
    )
    .option('--threshold-fold <n>', 'choose the threshold on this fold only …', wholeNumber(1))
    .option('--test-fold <n>', '… and judge this fold only', wholeNumber(1))
    .addOption(mergeOption('sum'))
    .option('--protocol <names...>', 'rules, as `normface protocols` lists them (default: all)')
    .option('--mirror-table', 'also accuracy with and without PCA for every merge of image and mirror image')
    .option(
      '--explain [pairs]',
      'check the usual reasons for a low number (alignment, crop, channel order, pixel range, mirror merge, protocol) on about so many pairs (default: 600)',
      wholeNumber(40),
    )
    .option(
      '--threshold-at <rule>',
      'how the threshold for `normface verify` is chosen: best, or far=1e-3',
      'best',
    )
    .option(
      '--store-threshold',
      'keep that threshold beside each checkpoint, where `normface verify` finds it',
    )
    .option('--worst <n>', 'errors of each kind on the contact sheets', wholeNumber(1), 16)
    .option('--batch <n>', 'images embedded at once', wholeNumber(1), 64)
    .option('-o, --out <folder>', 'where the report goes (default: a new folder runs/eval-…)')
    .addHelpText(
      'after',
      examples(
        'normface eval runs/demo/normface-001 --store-threshold',
        'normface eval runs/lfw-001 --data lfw.tar --pairs pairs.txt --threshold-fold 9 --test-fold 10',
        'normface eval runs/normface-001 --data cfp_fp.bin',
        'normface eval runs/softmax-001 runs/normface-001 --data faces/ --json',
        'normface eval runs/lfw-001 --data lfw.tar --pairs pairs.txt --mirror-table',
        'normface eval runs/lfw-001 --data lfw.tar --pairs pairs.txt --explain',
      ),
    )
    .action(run(async () => (await import('./eval.node.ts')).evaluate));
};
