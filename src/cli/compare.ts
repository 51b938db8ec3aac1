/** Declaration of `normface compare`. */

import { type AddCommand, examples, forceOption } from './command.ts';

export const addCompare: AddCommand = (program, run) => {
  program
    .command('compare')
    .description(
      'compare runs: settings that differ, what came out, and whether a difference is more than noise',
    )
    .argument('<runs...>', 'two or more folders of runs; the others are compared with the first')
    .option('--html <file>', 'also write a page with the curves of all runs in the same axes')
    .option(
      '--evaluations <folders...>',
      'where else folders of `normface eval` are (default: beside the runs); those on the same pairs are compared pair by pair',
    )
    .addOption(forceOption())
    .addHelpText(
      'after',
      examples(
        'normface compare runs/softmax-001 runs/normface-001',
        'normface compare runs/lfw-001 runs/lfw-002 runs/lfw-003 --html compare.html',
      ),
    )
    .action(run(async () => (await import('./compare.node.ts')).compare));
};
