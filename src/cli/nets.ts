/** Declaration of `normface nets`. */

import type { Command } from 'commander';
import { type AddCommand, examples, imageSize, wholeNumber } from './command.ts';

export const addNets: AddCommand = (program, run) => {
  const command = withSizes(program.command('nets'))
    .description('list the nets, or the layers of one')
    .argument('[net]', netArgument)
    .addHelpText(
      'after',
      examples(
        'normface nets',
        'normface nets small',
        'normface nets small --size 64x64 --batch 256',
        'normface nets show iresnet-18 --json > mine.json',
        'normface train --net mine.json',
      ),
    )
    .action(run(async () => (await import('./nets.node.ts')).listNets));
  withSizes(command.command('show'))
    .description('the layers of a net; with --json the net as a file, to be changed and named in its place')
    .argument('<net>', netArgument)
    .action(run(async () => (await import('./nets.node.ts')).showNet));
};

const netArgument = 'name of a net, or a file that holds one (.json)';

function withSizes(command: Command): Command {
  return command
    .option(
      '--size <HxW>',
      'height and width of the images (default: those the net was designed for)',
      imageSize,
    )
    .option('--batch <n>', 'images whose activations are counted', wholeNumber(1), 64);
}
