/**
 * Writes the computed parts of docs/paper.md and docs/recipes.md, and their pictures and numbers, from records of jobs: by default
 * those that are committed, `npm run docs:paper -- FOLDER` from others.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../src/common/errors.ts';
import type { JsonObject } from '../../src/common/json.ts';
import { plotPng } from '../../src/common/plot-frame.node.ts';
import { findDataSources } from '../../src/normface/paper/data-sources.node.ts';
import { experiments } from '../../src/normface/paper/index.node.ts';
import { csv } from '../../src/normface/paper/results-files.node.ts';
import { comparisonRecipe } from '../../src/normface/paper/tables/presets.ts';
import { fill } from './fill.ts';
import { type Known, knownOf, openRecords } from './known.ts';
import { filesFolder, paperParts } from './paper-parts.ts';
import { recipeParts } from './recipes.ts';

const [folder = 'bench/results/paper-medium'] = process.argv.slice(2);
const configuration = 'configs/lfw-losses.json';

try {
  await write();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function write(): Promise<void> {
  const { runner, jobs } = await openRecords(folder, findDataSources());
  const known = await knownOf(experiments, runner, jobs);
  await writeFiles(known);
  fillPage('docs/paper.md', paperParts(known));
  const planOf = (name: string) => known.sections.find(({ experiment }) => experiment.name === name)!.plan;
  const plans = {
    recipe: comparisonRecipe(runner),
    scratch: planOf('scratch'),
    table2: planOf('table2'),
    margins: planOf('margins'),
    seeds: runner.seeds.length,
  };
  const file = JSON.parse(readFileSync(configuration, 'utf8')) as JsonObject;
  fillPage('docs/recipes.md', await recipeParts(plans, jobs, configuration, file));
  console.log(`docs/paper.md and docs/recipes.md: ${known.done} of ${known.of} trainings`);
  await runner.close();
}

function fillPage(page: string, parts: Readonly<Record<string, string>>): void {
  writeFileSync(page, fill(readFileSync(page, 'utf8'), parts));
}

/** Pictures for light and dark pages, and numbers. What an earlier call left of other experiments goes away. */
async function writeFiles({ sections }: Known): Promise<void> {
  const root = path.join('docs', filesFolder);
  mkdirSync(root, { recursive: true });
  for (const name of readdirSync(root)) rmSync(path.join(root, name), { recursive: true });
  for (const { experiment, record } of sections) {
    if (!record) continue;
    const own = path.join(root, experiment.name);
    mkdirSync(own);
    for (const table of record.results.tables) writeFileSync(path.join(own, `${table.stem}.csv`), csv(table));
    for (const { stem, svg } of record.results.figures) {
      writeFileSync(path.join(own, `${stem}.png`), await plotPng(svg));
      writeFileSync(path.join(own, `${stem}-dark.png`), await plotPng(svg, 'dark'));
    }
  }
}
