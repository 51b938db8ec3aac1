/** Declaration of `normface protocols`. */

import { type AddCommand, examples } from './command.ts';

export const addProtocols: AddCommand = (program, run) => {
  program
    .command('protocols')
    .description(
      'what the rules are that published work calls accuracy, by the names that `normface eval` prints',
    )
    .addHelpText('after', examples('normface protocols', 'normface eval RUN --protocol normface-pca'))
    .action(run(async () => (await import('./protocols.node.ts')).protocols));
};
