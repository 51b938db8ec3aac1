/** `npm run check:gpu`: compiles the kernels that GPUs would run with the compilers of their drivers, without a GPU. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../src/common/errors.ts';
import { countText } from '../../src/common/format.ts';
import { formatTable } from '../../src/common/table.ts';
import { compiledGpus } from '../../src/inspector/compiled/gpus.ts';
import { faultsOf, readTable, tableText, withAnswer } from './committed.ts';
import type { CompileAnswer } from './compile.ts';
import { type Options, parseOptions } from './options.ts';
import { tablePage } from './page.ts';
import { compileFor } from './run.ts';
import { familiesOf, familyTable, isSpilling, kernelTable } from './summary.ts';
import { MissingToolError, Toolchain } from './toolchain.ts';

/** Compiles for one GPU after the other, prints what came of it, and returns what is wrong. */
async function check(options: Options): Promise<string[]> {
  const { gpu: gpus, all, only, file, assembly, update, json } = options;
  const toolchain = Toolchain.prepare(process.cwd());
  const program = path.join(path.dirname(fileURLToPath(import.meta.url)), 'compile.js');
  const committed = readTable(options.table);
  let table = committed;
  const answers = new Map<string, CompileAnswer>();
  const faults: string[] = [];
  for (const gpu of gpus) {
    const answer = await compileFor(toolchain, program, {
      gpu,
      groups: all ? ['nets', 'heads', 'cases'] : ['nets', 'heads'],
      only,
      file: file ?? null,
      assembly,
    });
    answers.set(gpu, answer);
    print(gpu, answer, options);
    table = withAnswer(table, gpu, answer);
    if (file === undefined) faults.push(...faultsOf(update ? table : committed, gpu, answer));
    const known = committed.gpus[gpu]?.driver ?? 'no driver';
    if (!update && file === undefined && known !== answer.driver)
      console.log(`The table is of ${known}: with this one only refusals are faults.`);
    console.log();
  }
  if (update) {
    writeFileSync(options.table, tableText(table));
    writeFileSync(options.table.replace(/\.json$/, '.md'), tablePage(table, answers));
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(Object.fromEntries(answers), null, 1)}\n`);
  return faults;
}

function print(gpu: string, { driver, kernels }: CompileAnswer, { only, file }: Options): void {
  const title = `${gpu}: ${compiledGpus.find(({ name }) => name === gpu)!.title}, ${driver}`;
  const single = only.length > 0 || file !== undefined;
  console.log(formatTable(single ? kernelTable(title, kernels) : familyTable(title, familiesOf(kernels))));
  for (const { name, assembly } of kernels)
    if (assembly !== null) console.log(`\n${name}\n${assembly.trimEnd()}`);
  const refused = kernels.filter(({ figures }) => !figures).length;
  console.log(
    `\n${countText(kernels.length, 'kernel')}, ${refused} refused, ${kernels.filter(isSpilling).length} spilling`,
  );
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
