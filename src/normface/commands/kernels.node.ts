/** `normface kernels`: look at every kernel, run it on any case, change it and see what that does. */

import type { Command } from 'commander';
import { isRight } from '../../inspector/kernels/check.ts';
import type { RunStage } from '../../inspector/kernels/contest.ts';
import type { KernelRequest } from '../../inspector/kernels/inspect.ts';
import { UsageError, UserError } from '../errors.ts';
import { formatTable } from '../evaluation/table.ts';
import { readText } from '../text.node.ts';
import { replaceFile } from '../training/files.node.ts';
import { Count } from '../training/progress.ts';
import { type AddCommand, examples, repeated, wholeNumber } from './command.ts';
import type { Context } from './context.node.ts';
import {
  catalogueTable,
  checkTable,
  dispatchText,
  entryText,
  indented,
  isRightRow,
  operatorsOf,
  sessionText,
  speedText,
  sweepTable,
} from './kernel-text.ts';

interface CaseOptions {
  readonly operator?: string;
  readonly case?: string;
  readonly variant?: string;
  readonly set: readonly string[];
  readonly file?: string;
  readonly grid?: string;
  readonly dispatch?: number;
}

interface ShowOptions extends CaseOptions {
  readonly out?: string;
  readonly source?: boolean;
}

interface RunOptions extends CaseOptions {
  readonly sweep?: string;
  readonly baseline?: boolean;
  readonly check: boolean;
  readonly rounds: number;
}

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
    .option('--long', 'with all operators, walks, constants, conditions and the formulas of the file')
    .action(
      run((context: Context, text: string | undefined, { long = false }: { long?: boolean }) =>
        list(context, text, long),
      ),
    );
  caseOptions(kernels.command('show'))
    .description('the WGSL that the driver gets for a case, and what it costs')
    .option('--out <file>', 'write the WGSL of one dispatch here, to be changed and run with --file')
    .option('--source', 'print the file of the kernel instead, as it is before linking')
    .addHelpText(
      'after',
      examples(
        'normface kernels show conv2d_grad_weight --case "8x28x24x128 3x3 128"',
        'normface kernels show gemm --case 512 --variant "workgroup 64×64" --set BLOCKS=1',
        'normface kernels show gemm --case 512 --out my.wgsl',
      ),
    )
    .action(run((context: Context, name: string, options: ShowOptions) => show(context, name, options)));
  caseOptions(kernels.command('run'))
    .description('check a kernel against the float64 reference and time it')
    .option('--sweep <name=a,b,c>', 'try several values of a constant, or of "variant" (variant=all)')
    .option('--baseline', 'time the shipped kernel in the same rounds')
    .option('--no-check', 'only time it')
    .option('--rounds <n>', 'rounds that are timed', wholeNumber(1), 15)
    .addHelpText(
      'after',
      examples(
        'normface kernels run conv2d_forward --case "8x28x24x128 3x3 128"',
        'normface kernels run relu_forward --case 64x28x24x64 --sweep STEPS=1,4,16,64',
        'normface kernels run gemm --case 512 --file my.wgsl --baseline',
      ),
    )
    .action(run((context: Context, name: string, options: RunOptions) => runOne(context, name, options)));
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
    .option('--set <NAME=value>', 'a free constant of the kernel; may be repeated', repeated, [])
    .option(
      '--file <wgsl>',
      'run this in place of the kernel: a changed file of src/shaders, or changed WGSL',
    )
    .option('--grid <XxYxZ>', 'workgroups of the changed kernel (default: as shipped)')
    .option('--dispatch <n>', 'which of its dispatches a changed kernel stands for', wholeNumber(0));
}

function requestOf(
  kernel: string,
  options: CaseOptions,
  readConstant: (name: string, text: string) => number,
) {
  const { operator, case: caseText, variant, set, file, grid, dispatch } = options;
  const constants = Object.fromEntries(
    set.map((word) => {
      const name = word.slice(0, word.indexOf('='));
      if (!name) throw new UsageError(`--set ${word}: write NAME=value`);
      return [name, readConstant(name, word.slice(name.length + 1))];
    }),
  );
  const source = file === undefined ? undefined : readText(file);
  const request: KernelRequest = { kernel, operator, caseText, variant, constants, source, file, dispatch };
  return grid === undefined ? request : { ...request, grid: parseGrid(grid) };
}

function parseGrid(text: string): [number, number, number] {
  const [x, y = 1, z = 1, ...rest] = text.split(/[x×,]/).map(Number);
  if (rest.length > 0 || ![x, y, z].every((extent) => Number.isSafeInteger(extent) && extent! > 0))
    throw new UsageError(`--grid ${text}: write up to three whole numbers, such as 16x8x1`);
  return [x!, y, z];
}

async function openInspector(context: Context) {
  const [{ KernelInspector }, device] = await Promise.all([
    import('../../inspector/kernels/inspect.ts'),
    context.openDevice(),
  ]);
  return { device, inspector: new KernelInspector(device) };
}

// ---- list --------------------------------------------------------------------------------------------------------------

async function list(context: Context, text: string | undefined, long: boolean) {
  const { inspector } = await openInspector(context);
  const wanted = text?.toLowerCase() ?? '';
  const entries = inspector.catalogue.filter((entry) =>
    [entry.name, entry.summary, ...operatorsOf(entry)].some((word) => word.toLowerCase().includes(wanted)),
  );
  if (entries.length === 0)
    throw new UserError(`no kernel has "${text}" in its name, operators or description`);
  if (long) for (const entry of entries) context.say(`${entryText(entry)}\n`);
  else context.say(formatTable(catalogueTable(entries)));
  return entries.map((entry) => ({
    name: entry.name,
    summary: entry.summary,
    operators: operatorsOf(entry),
    walks: entry.walks,
    constants: entry.constants,
    conditions: entry.conditions,
  }));
}

// ---- show --------------------------------------------------------------------------------------------------------------

async function show(context: Context, name: string, options: ShowOptions) {
  const { inspector } = await openInspector(context);
  const { readConstant } = await import('../../inspector/kernels/run.ts');
  if (options.source) {
    const { source } = inspector.entry(name);
    context.say(source.trimEnd());
    return { kernel: name, source };
  }
  const session = inspector.open(requestOf(name, options, readConstant));
  try {
    const views = session.views();
    context.say(sessionText(session));
    context.say(`\n${indented(session.entry.header)}`);
    const index = options.dispatch ?? session.dearest;
    const chosen = views.find((view) => view.index === index);
    if (!chosen)
      throw new UsageError(
        `dispatch ${index} of this case is none of ${name}; those are ${session.indices.join(', ')}`,
      );
    for (const view of views) context.say(`\n${dispatchText(view)}`);
    if (options.out === undefined) {
      context.say(`\nwgsl     of dispatch ${chosen.index}\n`);
      context.say(chosen.wgsl);
    } else {
      replaceFile(options.out, `${chosen.wgsl}\n`);
      context.say(`\nwgsl     of dispatch ${chosen.index} written to ${options.out}`);
    }
    return { kernel: name, operator: session.operator.name, case: session.sample.label, dispatches: views };
  } finally {
    session.dispose();
  }
}

// ---- run ---------------------------------------------------------------------------------------------------------------

async function runOne(context: Context, name: string, options: RunOptions) {
  const { device, inspector } = await openInspector(context);
  const { parseSweep, readConstant, runKernel, sweepKernel } = await import('../../inspector/kernels/run.ts');
  const { Peaks } = await import('../../inspector/peaks.ts');
  const request = requestOf(name, options, readConstant);
  const sweep = options.sweep === undefined ? null : parseSweep(options.sweep);
  if (sweep && options.baseline) throw new UsageError('--baseline and --sweep exclude one another');
  const session = inspector.open(sweep ? { ...request, variant: undefined, constants: {} } : request);
  context.say(sessionText(session));
  for (const { operation, variant, reason } of session.views()[0]!.decisions)
    context.say(`variant  ${variant} for ${operation}: ${reason}`);
  const description = { kernel: name, operator: session.operator.name, case: session.sample.label };
  session.dispose();
  const { check, rounds, baseline = false } = options;
  const stages = new Stages(context);
  const peaks = Peaks.of(device);
  stages.show('the peaks of the adapter', 0, 1);
  await peaks.measured();
  stages.show('the peaks of the adapter', 1, 1);
  const settings = {
    check,
    rounds,
    baseline,
    onStage: (stage: RunStage, done: number, of: number) => stages.show(stageNames[stage], done, of),
  };
  if (sweep) {
    const result = await sweepKernel(device, inspector, request, sweep, peaks, settings);
    stages.end();
    context.say();
    context.say(formatTable(sweepTable(sweep.name, result)));
    if (!result.rows.some(isRightRow)) context.exitCode = 1;
    return { ...description, sweep: sweep.name, ...result };
  }
  const result = await runKernel(device, inspector, request, peaks, settings);
  stages.end();
  if (result.check) {
    context.say();
    context.say(formatTable(checkTable(result.check.comparisons)));
    for (const omitted of result.check.omitted) context.say(`omitted  ${omitted}`);
    if (!isRight(result.check)) context.exitCode = 1;
  }
  context.say();
  context.say(speedText(result));
  return { ...description, ...result };
}

const stageNames: Readonly<Record<RunStage, string>> = {
  checking: 'compiling and checking',
  timing: 'timing, rounds',
};

/** A line for each stage of a run while it lasts. */
class Stages {
  private readonly context: Context;
  private name = '';
  private count: Count | null = null;

  constructor(context: Context) {
    this.context = context;
  }

  show(name: string, done: number, of: number): void {
    if (name !== this.name) {
      this.end();
      this.name = name;
      this.count = new Count(this.context.progressSink, name);
    }
    this.count!.update(done, of);
  }

  end(): void {
    this.count?.end();
  }
}
