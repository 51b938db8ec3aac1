/** `npm run gpu-report`: what this engine does on the GPU of this machine, as JSON and as a page. */

import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { globals } from 'webgpu';
import { makeFolders } from '../../src/common/files.node.ts';
import { durationText } from '../../src/common/format.ts';
import { type GpuReport, reportPage } from './page.ts';
import { runSection } from './run-section.ts';
import type { Outcome, SectionReport } from './section.ts';
import { sections } from './sections.ts';
import { work } from './worker.ts';

interface Options {
  readonly minutes: number;
  readonly out: string;
  readonly section?: readonly string[];
  readonly adapter?: string;
  /** In the processes that do the work: the section, and the number of its first item. */
  readonly worker?: string;
  readonly from: number;
}

const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('give a number above 0.');
  return value;
};

const names = sections.map(({ name }) => name);

const program = new Command('npm run gpu-report --')
  .description(
    'Tries every operator and times the main work on the GPU of this machine, and writes a report.',
  )
  .option('--minutes <n>', 'how long it may take', positive, 9)
  .option('--out <folder>', 'where gpu-report.json and gpu-report.html go', 'gpu-report')
  .addOption(new Option('--section <names...>', 'only these parts').choices(names))
  .option('--adapter <name>', 'use the adapter whose name contains this')
  .addOption(new Option('--worker <section>').choices(names).hideHelp())
  .addOption(new Option('--from <n>').argParser(Number).default(0).hideHelp())
  .addHelpText(
    'after',
    `\nParts: ${names.join(', ')}. Each piece of work runs in a process of its own that may fail or take too long without ending the report.`,
  );
program.parse();
const options = program.opts<Options>();

try {
  process.exitCode = options.worker === undefined ? await report() : await workOn(options.worker);
  // Drivers may keep threads that would keep the process.
  if (options.worker !== undefined) process.exit();
} catch (error) {
  console.error(`gpu-report: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

function workOn(name: string): Promise<number> {
  Object.assign(globalThis, globals);
  return work(sections.find((section) => section.name === name)!, options.from, options);
}

/** @returns 1 if something is wrong or could not be run */
async function report(): Promise<number> {
  const { minutes, out, section: wanted = names, adapter } = options;
  const chosen = sections.filter(({ name }) => wanted.includes(name));
  // Before minutes go by: a folder that cannot be written is known at once.
  makeFolders(out);
  const end = performance.now() + 60_000 * minutes;
  const reports: SectionReport[] = [];
  const [jsonFile, pageFile] = [join(out, 'gpu-report.json'), join(out, 'gpu-report.html')];
  for (const [index, section] of chosen.entries()) {
    console.log(`\n${section.title}`);
    // What earlier sections left over is shared among those that are still to come.
    const shares = chosen.slice(index).reduce((sum, { share }) => sum + share, 0);
    const limitMs = ((end - performance.now()) * section.share) / shares;
    const command = (name: string, from: number) =>
      [
        process.execPath,
        '--enable-source-maps',
        fileURLToPath(import.meta.url),
        ...['--worker', name, '--from', String(from)],
        ...(adapter === undefined ? [] : ['--adapter', adapter]),
      ] as const;
    const done = await runSection(section, { command, limitMs, onOutcome: tell });
    if (done.failure) console.log(`  did not run: ${done.failure}`);
    if (done.left.length > 0) console.log(`  the time did not last for ${done.left.length} more`);
    reports.push(done);
    const written: GpuReport = {
      date: new Date().toISOString().slice(0, 10),
      machine: `${os.cpus()[0]?.model.trim()}, ${os.availableParallelism()} cores, ${process.platform} ${process.arch}, Node ${process.version}`,
      sections: reports,
    };
    // After every section: what is there stays, whatever comes next.
    writeFileSync(jsonFile, `${JSON.stringify(written, null, 1)}\n`);
    writeFileSync(pageFile, reportPage(written));
  }
  console.log(`\nwritten  ${jsonFile}\n         ${pageFile}`);
  const outcomes = reports.flatMap(({ outcomes }) => outcomes);
  const bad = outcomes.filter(({ finding }) => !finding?.isRight);
  console.log(`${outcomes.length - bad.length} right, ${bad.length} not`);
  return bad.length > 0 || reports.some(({ failure }) => failure) ? 1 : 0;
}

/** One line for an item; of those that are only right or wrong, the wrong ones and a sign of life. */
function tell({ name, seconds, finding, failure }: Outcome): void {
  const text = failure
    ? `FAILED: ${failure}`
    : finding!.isRight
      ? finding!.summary
      : `WRONG: ${finding!.summary}`;
  console.log(`  ${name}: ${text} (${durationText(1e6 * seconds)})`);
}
