/** `npm run check:gpu`: compiles the kernels that GPUs would run with the compilers of their drivers, without a GPU. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../src/common/errors.ts';
import { countText } from '../../src/common/format.ts';
import { formatTable } from '../../src/common/table.ts';
import { compiledGpus } from '../../src/inspector/compiled/gpus.ts';
import type { KernelRequest } from './candidates.ts';
import { faultsOf, readTable, tableText, withAnswer } from './committed.ts';
import type { CompileAnswer } from './compile.ts';
import { type Options, parseOptions, software } from './options.ts';
import { tablePage } from './page.ts';
import { compileFor, softwareAssembly } from './run.ts';
import { familiesOf, familyTable, isSpilling, kernelTable } from './summary.ts';
import { MissingToolError, Toolchain } from './toolchain.ts';

/** Where the processes lie that compile: beside this program. */
const programs = path.dirname(fileURLToPath(import.meta.url));

/** Compiles for one GPU after the other, prints what came of it, and returns what is wrong. */
async function check(options: Options): Promise<string[]> {
  const { gpu: gpus, from: groups, only, file = null, assembly, update, table: tableFile, json } = options;
  const request: KernelRequest = { groups, only, file };
  const toolchain = Toolchain.prepare(process.cwd());
  const committed = readTable(tableFile);
  let table = committed;
  const answers = new Map<string, CompileAnswer>();
  const faults: string[] = [];
  for (const gpu of gpus) {
    if (gpu === software) {
      for (const text of await softwareAssembly(programs, request)) console.log(`${gpu}: ${text}`);
      continue;
    }
    const answer = await compileFor(toolchain, programs, { ...request, gpu, assembly });
    answers.set(gpu, answer);
    console.log(answerText(gpu, answer, options));
    if (update) table = withAnswer(table, gpu, answer);
    // A file of one's own has no line in the table: only what the driver says against it counts.
    const { faults: found, note } = faultsOf(file === null ? table : null, gpu, answer);
    faults.push(...found);
    if (note !== null) console.log(note);
    console.log();
  }
  if (update) {
    writeFileSync(tableFile, tableText(table));
    writeFileSync(tableFile.replace(/\.json$/, '.md'), tablePage(table));
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(Object.fromEntries(answers), null, 1)}\n`);
  return faults;
}

function answerText(gpu: string, { driver, kernels }: CompileAnswer, { only, file }: Options): string {
  const title = `${gpu}: ${compiledGpus.find(({ name }) => name === gpu)!.title}, ${driver}`;
  const isDetailed = only.length > 0 || file !== undefined;
  const table = isDetailed ? kernelTable(title, kernels) : familyTable(title, familiesOf(kernels));
  const refused = kernels.filter((kernel) => kernel.refused !== null).length;
  return [
    formatTable(table),
    ...kernels.flatMap(({ name, assembly }) =>
      assembly === null ? [] : [`\n${name}\n${assembly.trimEnd()}`],
    ),
    `\n${countText(kernels.length, 'kernel')}, ${refused} refused, ${kernels.filter(isSpilling).length} spilling`,
  ].join('\n');
}

try {
  const faults = await check(parseOptions(process.argv.slice(2)));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
} catch (error) {
  if (error instanceof MissingToolError) console.log(`check:gpu: left out: ${error.message}`);
  else if (error instanceof UserError) {
    console.error(`check:gpu: ${error.message}`);
    process.exitCode = 1;
  } else throw error;
}
