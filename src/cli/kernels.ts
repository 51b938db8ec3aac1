/** Declaration of `normface kernels`. */

import type { Command } from 'commander';
import { type AddCommand, examples, repeatedOption, wholeNumber } from './command.ts';

export const addKernels: AddCommand = (program, run) => {
  const kernels = program
    .command('kernels')
    .description('list, show, check, time and change the kernels')
    .addHelpText(
      'after',
      examples(
        'normface kernels list conv',
        'normface kernels show conv2d_grad_weight --case "8x28x24x128 3x3 128"',
        'normface kernels run gemm --case 512 --sweep variant=all',
        'normface kernels run gemm --case 512 --file my.wgsl --baseline',
      ),
    );
  kernels
    .command('list', { isDefault: true })
    .description('every kernel with what it computes and the operators that dispatch it')
    .argument('[text]', 'only kernels whose name, operator or description contains this')
    .option('--long', 'with all operators, mainloops, constants, conditions and the formulas of the file')
    .action(run(async () => (await import('./kernels.node.ts')).list));
  caseOptions(kernels.command('show'))
    .description('the WGSL that the driver gets for a case, and what it costs')
    .option('--out <file>', 'write the WGSL of one dispatch here, to be changed and run with --file')
    .option('--force', 'replace the file if it exists with other content')
    .option('--source', 'print the file of the kernel instead, as it is before linking')
    .addHelpText(
      'after',
      examples(
        'normface kernels show conv2d_grad_weight --case "8x28x24x128 3x3 128"',
        'normface kernels show gemm --case 512 --variant "workgroup 64×64" --set BLOCKS=1',
        'normface kernels show gemm --case 512 --out my.wgsl',
      ),
    )
    .action(run(async () => (await import('./kernels.node.ts')).show));
  caseOptions(kernels.command('run'))
    .description('check a kernel against the float64 reference and time it')
    .option('--sweep <name=a,b,c>', 'try several values of a constant, or of "variant" (variant=all)')
    .option('--baseline', 'time the default kernel in the same rounds')
    .option('--no-check', 'only time it')
    .option('--rounds <n>', 'rounds that are timed', wholeNumber(1), 15)
    .addHelpText(
      'after',
      examples(
        'normface kernels run winograd_output --case "8x28x24x128 3x3 128"',
        'normface kernels run relu_forward --case 64x28x24x64 --sweep STEPS=1,4,16,64',
        'normface kernels run gemm --case 512 --file my.wgsl --baseline',
      ),
    )
    .action(run(async () => (await import('./kernels.node.ts')).runOne));
};

function caseOptions(command: Command): Command {
  return command
    .argument('<kernel>', 'file name of the kernel without ending: see `normface kernels`')
    .option(
      '--case <extents>',
      'extents of the inputs and attributes, such as "8x28x24x128 3x3 128 stride=2"',
    )
    .option('--operator <name>', 'the operator that the case belongs to, where several use the kernel')
    .option('--variant <name>', 'way to do the work: see the variants that `show` lists')
    .addOption(repeatedOption('--set <NAME=value>', 'a free constant of the kernel'))
    .option(
      '--file <wgsl>',
      'run this in place of the kernel: a changed file of src/shaders, or changed WGSL',
    )
    .option('--grid <XxYxZ>', 'workgroups of the changed kernel (default: those of the default kernel)')
    .option('--dispatch <n>', 'which of its dispatches a changed kernel stands for', wholeNumber(0));
}
