/** Declaration of `normface runs`. */

import { runOrders } from '../normface/overview/run-orders.ts';
import { type AddCommand, choiceOption, examples } from './command.ts';

export const addRuns: AddCommand = (program, run) => {
  program
    .command('runs')
    .description('list the runs of a folder: what was trained, how far, how well, and what state each is in')
    .argument('[folder]', 'where to look, up to four levels deep', 'runs')
    .addOption(
      choiceOption(
        '--sort <order>',
        'newest first, by name, or best, longest or largest first; metric puts runs judged by one rule together',
        runOrders,
      ).default('time'),
    )
    .addHelpText(
      'after',
      examples('normface runs', 'normface runs runs/demo --sort metric', 'normface runs --json'),
    )
    .action(run(async () => (await import('./runs.node.ts')).runs));
};
