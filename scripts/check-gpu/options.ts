/** The options of `npm run check:gpu`. */

import { Command, Option } from 'commander';
import { compiledGpus } from '../../src/inspector/compiled/gpus.ts';
import type { WorkGroup } from './collect.ts';

export interface Options {
  readonly gpu: string[];
  readonly from: WorkGroup[];
  readonly all: boolean;
  readonly only: string[];
  readonly file?: string;
  readonly assembly: boolean;
  readonly table: string;
  readonly update: boolean;
  readonly json?: string;
}

const names = compiledGpus.map(({ name }) => name);

/** Mesa's software driver: it has no statistics, but shows its assembly. */
export const software = 'llvmpipe';

/** What a run without options compiles for: one of each maker. */
export const usualGpus = ['a770', 'navi31'];

/** Not imported from collect.ts, which brings the whole engine. */
const groups: readonly WorkGroup[] = ['nets', 'heads', 'cases'];
const usualGroups: readonly WorkGroup[] = ['nets', 'heads'];

export const program = new Command('npm run check:gpu --')
  .description(
    "Compiles the kernels that GPUs would run with Mesa's compilers for them, without a GPU, and fails where one is refused or spills more registers than the committed table says.",
  )
  .addOption(
    new Option('--gpu <names...>', 'for which GPUs').choices([...names, software]).default(usualGpus),
  )
  .addOption(
    new Option(
      '--from <groups...>',
      'kernels of whole nets, of heads with many people, of the cases of operators',
    )
      .choices(groups)
      .default(usualGroups),
  )
  .option('--all', 'all of these, for all GPUs unless --gpu names some', false)
  .option('--only <texts...>', 'only kernels whose name or use contains one of these; a row each', [])
  .option('--file <wgsl>', 'compile this file and nothing else')
  .option('--assembly', "print the driver's assembly; with --only or --file", false)
  .option('--table <file>', 'the committed table', 'bench/results/check-gpu.json')
  .option('--update', 'write the table, and the page beside it, from all kernels of the GPUs', false)
  .option('--json <file>', 'write all figures here')
  .configureHelp({ helpWidth: 100 })
  .addHelpText(
    'after',
    `
GPUs:
${compiledGpus.map(({ name, title }) => `  ${name.padEnd(12)}${title}`).join('\n')}
  ${software.padEnd(12)}the software driver's x86 code, with --assembly

Examples:
  $ npm run check:gpu -- --only gemm --gpu a770
  $ npm run check:gpu -- --file my.wgsl --gpu a770 navi31 --assembly
  $ npm run check:gpu -- --all --update`,
  );

/** @returns the options, with what follows from others filled in */
export function parseOptions(words: readonly string[]): Options {
  program.parse(words, { from: 'user' });
  const options = program.opts<Options>();
  const { all, update, only, file, assembly } = options;
  if (update && (only.length > 0 || file !== undefined))
    program.error('error: --update writes the figures of all kernels; leave --only and --file out', {
      exitCode: 2,
    });
  if (assembly && only.length === 0 && file === undefined)
    program.error('error: --assembly needs --only or --file, since it prints much', { exitCode: 2 });
  if (options.gpu.includes(software) && !assembly)
    program.error(`error: ${software} shows nothing but its assembly; add --assembly`, { exitCode: 2 });
  const isGiven = program.getOptionValueSource('gpu') === 'cli';
  return {
    ...options,
    from: all || update ? [...groups] : options.from,
    gpu: (all || update) && !isGiven ? names : options.gpu,
  };
}
