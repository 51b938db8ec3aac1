/** Declaration of `normface demo`. */

import { type AddCommand, examples, repeatedOption, wholeNumber } from './command.ts';

export const addDemo: AddCommand = (program, run) => {
  program
    .command('demo')
    .description('train on generated faces: softmax, then NormFace and a control, evaluated on unseen people')
    .option('-o, --out <folder>', 'where the runs and report.html go', 'runs/demo')
    .option('--seed <n>', 'decides initial weights, order of images and augmentation', wholeNumber(0))
    .addOption(repeatedOption('--set <key=value>', 'a setting for all three runs, such as net=small'))
    .addHelpText(
      'after',
      examples('normface demo', 'normface demo --seed 2', 'normface demo --set net=small'),
    )
    .action(run(async () => (await import('./demo.node.ts')).demo));
};
