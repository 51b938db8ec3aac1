/** Declaration of `normface doctor`. */

import { type AddCommand, examples } from './command.ts';

export const addDoctor: AddCommand = (program, run) => {
  program
    .command('doctor')
    .description('check Node, the WebGPU adapter, image decoding and the disk')
    .addHelpText('after', examples('normface doctor', 'normface doctor --json', 'normface --list-adapters'))
    .action(run(async () => (await import('./doctor.node.ts')).doctor));
};
