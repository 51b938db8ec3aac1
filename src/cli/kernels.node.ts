/** `normface kernels`: look at every kernel, run it on any case, change it and see what that does. */

import fs from 'node:fs';
import { UsageError, UserError } from '../common/errors.ts';
import { replaceFile } from '../common/files.node.ts';
import { formatTable } from '../common/table.ts';
import { readText } from '../common/text.node.ts';
import { isRight } from '../engine/testing/check.ts';
import type { RunStage } from '../inspector/kernels/contest.ts';
import type { KernelRequest } from '../inspector/kernels/inspect.ts';
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
import { checkOutput } from './output-file.node.ts';

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
  readonly force?: boolean;
}

interface RunOptions extends CaseOptions {
  readonly sweep?: string;
  readonly baseline?: boolean;
  readonly check: boolean;
  readonly rounds: number;
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
    import('../inspector/kernels/inspect.ts'),
    context.openDevice(),
  ]);
  return { device, inspector: new KernelInspector(device) };
}

// ---- list --------------------------------------------------------------------------------------------------------------

export async function list(context: Context, text: string | undefined, { long = false }: { long?: boolean }) {
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
    mainloops: entry.mainloops,
    constants: entry.constants,
    conditions: entry.conditions,
  }));
}

// ---- show --------------------------------------------------------------------------------------------------------------

export async function show(context: Context, name: string, options: ShowOptions) {
  if (options.out !== undefined) checkOutput(options.out, options.file === undefined ? [] : [options.file]);
  const { inspector } = await openInspector(context);
  const { readConstant } = await import('../inspector/kernels/run.ts');
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
    const index = options.dispatch ?? session.mostExpensive;
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
      const text = `${chosen.wgsl}\n`;
      if (!options.force && fs.existsSync(options.out) && readText(options.out) !== text)
        throw new UserError(`${options.out} exists already with other content; --force replaces it`);
      replaceFile(options.out, text);
      context.say(`\nwgsl     of dispatch ${chosen.index} written to ${options.out}`);
    }
    return { kernel: name, operator: session.operator.name, case: session.sample.label, dispatches: views };
  } finally {
    session.dispose();
  }
}

// ---- run ---------------------------------------------------------------------------------------------------------------

const stageNames: Readonly<Record<RunStage, string>> = {
  checking: 'compiling and checking',
  timing: 'timing, rounds',
};

export async function runOne(context: Context, name: string, options: RunOptions) {
  const { device, inspector } = await openInspector(context);
  const { parseSweep, readConstant, runKernel, sweepKernel } = await import('../inspector/kernels/run.ts');
  const { Peaks } = await import('../inspector/timing/peaks.ts');
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
  const stage = context.stage('measuring the peaks of the adapter');
  let current: RunStage | null = null;
  const peaks = Peaks.of(device);
  await peaks.measured();
  const settings = {
    check,
    rounds,
    baseline,
    onStage: (next: RunStage, done: number, of: number) => {
      if (next !== current) stage.next(stageNames[next]);
      current = next;
      if (of > 1) stage.update(done, of);
    },
  };
  if (sweep) {
    const result = await sweepKernel(device, inspector, request, sweep, peaks, settings);
    stage.end();
    context.say();
    context.say(formatTable(sweepTable(sweep.name, result)));
    if (!result.rows.some(isRightRow)) context.exitCode = 1;
    return { ...description, sweep: sweep.name, ...result };
  }
  const result = await runKernel(device, inspector, request, peaks, settings);
  stage.end();
  if (result.check) {
    context.say();
    context.say(formatTable(checkTable(result.check)));
    if (!isRight(result.check)) context.exitCode = 1;
  }
  context.say();
  context.say(speedText(result));
  return { ...description, ...result };
}
