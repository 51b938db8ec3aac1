/** Declaration of `normface doctor`. */

import { type AddCommand, examples, wholeNumber } from './command.ts';

export const addDoctor: AddCommand = (program, run) => {
  program
    .command('doctor')
    .description('check Node, the WebGPU adapter, image decoding and the disk')
    .option(
      '--mpi',
      'check instead whether several processes can train together: library, adapters, bandwidth',
    )
    .option('--ranks <n>', 'with --mpi: so many processes (default: 2)', wholeNumber(2))
    .option('--hosts <a:4,b:4>', 'with --mpi: on these hosts')
    .option('--launcher <mpi>', 'with --mpi: openmpi, mpich, or the file of an mpirun')
    .option('--rsh-agent <program>', 'with --mpi: what starts processes on other hosts')
    .addHelpText(
      'after',
      examples(
        'normface doctor',
        'normface doctor --json',
        'normface doctor --mpi --ranks 4',
        'normface --list-adapters',
      ),
    )
    .action(run(async () => (await import('./doctor.node.ts')).doctor));
};
