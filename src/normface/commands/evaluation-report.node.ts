/** The files of an evaluation: numbers, plots, the worst errors as contact sheets, and one page with all of it. */

import fs from 'node:fs';
import path from 'node:path';
import { type Tile, writeContactSheet } from '../data/contact-sheet.node.ts';
import { decodeSource } from '../data/decode.node.ts';
import { imageTitles } from '../data/image-numbers.ts';
import { type MirrorRow, mirrorTableCsv, mirrorTableText } from '../evaluation/mirror-table.ts';
import { histogramPlot, plotPng, rocPlot } from '../evaluation/plots.node.ts';
import { type Report, type ReportSection, writeReport } from '../evaluation/report.node.ts';
import { metricsTable } from '../evaluation/summary.ts';
import { worstErrors } from '../evaluation/worst.ts';
import type { EvaluatedRun } from '../training/evaluate.node.ts';
import type { EvaluationSet } from '../training/evaluation-set.node.ts';
import { replaceFile } from '../training/files.node.ts';
import { writeJson } from '../training/run-folder.node.ts';

/** What is told besides the numbers. */
export interface ReportFrame extends Pick<Report, 'title' | 'intro' | 'facts'> {
  /** Sections between the table and the plots of the evaluation, such as training curves. */
  readonly sections?: readonly ReportSection[];
}

/** What `normface eval --json` prints and `result.json` holds. */
export function evaluationResult(runs: readonly EvaluatedRun[], set: EvaluationSet) {
  return {
    data: set.dataset.name,
    pairs: set.pairsName,
    runs: runs.map(({ name, evaluation, threshold, mirrorTable }) => ({
      name,
      ...evaluation.metrics,
      threshold,
      mirrorTable,
    })),
  };
}

/** Runs that have a mirror table. */
export function mirrorTablesOf(
  runs: readonly EvaluatedRun[],
): { name: string; rows: readonly MirrorRow[] }[] {
  return runs.flatMap(({ name, mirrorTable }) => (mirrorTable ? [{ name, rows: mirrorTable }] : []));
}

/**
 * Writes `result.json`, for runs with a mirror table `mirror-table.csv`, the plots as SVG and PNG, contact sheets of at most `worst` errors of each kind of each run, and
 * `report.html` into a folder. @returns the report's path
 */
export async function writeEvaluation(
  folder: string,
  runs: readonly EvaluatedRun[],
  set: EvaluationSet,
  { worst, frame }: { worst: number; frame: ReportFrame },
): Promise<string> {
  fs.mkdirSync(folder, { recursive: true });
  writeJson(path.join(folder, 'result.json'), evaluationResult(runs, set));
  const mirrorTables = mirrorTablesOf(runs);
  if (mirrorTables.length > 0)
    replaceFile(path.join(folder, 'mirror-table.csv'), mirrorTableCsv(mirrorTables));
  const roc = rocPlot(runs.map(({ name, evaluation }) => ({ name, roc: evaluation.roc })));
  const histogram = histogramPlot(
    runs.map(({ name, evaluation, threshold }) => ({
      name,
      scores: evaluation.scores,
      same: evaluation.pairs.same,
      threshold: threshold.threshold,
    })),
  );
  for (const [name, svg] of Object.entries({ roc, histogram })) {
    replaceFile(path.join(folder, `${name}.svg`), svg);
    replaceFile(path.join(folder, `${name}.png`), await plotPng(svg));
  }
  const errors: ReportSection[] = [];
  for (const run of runs) errors.push(await errorSection(folder, run, set, worst));
  const report = path.join(folder, 'report.html');
  writeReport(report, {
    ...frame,
    sections: [
      {
        title: 'Verification',
        tables: [
          metricsTable(runs.map(({ name, evaluation: { metrics } }) => ({ name, metrics }))),
          ...(mirrorTables.length > 0 ? [mirrorTableText(mirrorTables)] : []),
        ],
      },
      ...(frame.sections ?? []),
      {
        title: 'Scores',
        figures: [
          {
            svg: roc,
            caption:
              'Receiver operating characteristic: genuine pairs accepted over impostor pairs accepted.',
          },
          {
            svg: histogram,
            caption: 'Cosines of the pairs; the dashed line is the threshold kept beside the checkpoint.',
          },
        ],
      },
      await exampleSection(folder, runs.at(-1)!, set),
      ...errors,
    ],
  });
  return report;
}

/** A few pairs spread evenly over the list, so that a reader sees what was judged. */
async function exampleSection(
  folder: string,
  { name, evaluation: { pairs, scores }, threshold }: EvaluatedRun,
  set: EvaluationSet,
): Promise<ReportSection> {
  const target = path.join(folder, 'examples.png');
  const tiles: Tile[] = [];
  for (const same of [1, 0]) {
    const kind = Array.from(pairs.same.keys()).filter((pair) => pairs.same[pair] === same);
    const shown = Math.min(8, kind.length);
    for (let i = 0; i < shown; i++) {
      const pair = kind[Math.floor((i * kind.length) / shown)];
      const verdict = scores[pair] > threshold.threshold ? 'accepted' : 'rejected';
      tiles.push(await pairTile(set, pairs.a[pair], pairs.b[pair], `${scores[pair].toFixed(3)}, ${verdict}`));
    }
  }
  await writeContactSheet(target, tiles, {
    columns: 4,
    title: `Pairs of ${set.dataset.name}`,
    imageHeight: 112,
  });
  const caption = `Example pairs, first of one person, then of two, with their cosine by ${name}.`;
  return {
    title: 'Example pairs',
    images: [{ png: fs.readFileSync(target), alt: 'example pairs', caption }],
  };
}

/** The pairs that a run is most wrong about. */
async function errorSection(
  folder: string,
  { name, evaluation, threshold }: EvaluatedRun,
  set: EvaluationSet,
  count: number,
): Promise<ReportSection> {
  const { scores, pairs } = evaluation;
  const errors = worstErrors(scores, pairs.same, threshold.threshold, count);
  const stem = name.replaceAll(/[^A-Za-z0-9._-]+/g, '-');
  const images: NonNullable<ReportSection['images']>[number][] = [];
  const kinds = [
    { list: errors.falseAccepts, file: `${stem}-false-accepts.png`, text: 'different people taken for one' },
    { list: errors.falseRejects, file: `${stem}-false-rejects.png`, text: 'one person taken for two' },
  ];
  for (const { list, file, text } of kinds) {
    if (list.length === 0) continue;
    const target = path.join(folder, file);
    const tiles = await Promise.all(
      list.map((pair) => pairTile(set, pairs.a[pair], pairs.b[pair], scores[pair].toFixed(3))),
    );
    await writeContactSheet(target, tiles, { columns: 4, title: `${name}: ${text}`, imageHeight: 112 });
    images.push({
      png: fs.readFileSync(target),
      alt: text,
      caption: `Worst errors: ${text}, with their cosine.`,
    });
  }
  const text = [`Threshold ${threshold.threshold.toFixed(4)} (${threshold.rule} on ${threshold.pairs}).`];
  if (images.length === 0) text.push('No pair is decided wrongly.');
  return { title: `Errors of ${name}`, text, images };
}

async function pairTile(set: EvaluationSet, a: number, b: number, remark: string): Promise<Tile> {
  const { dataset, indices } = set;
  const titles = imageTitles(dataset);
  const both = [indices[a], indices[b]];
  const names = both.map((index) => titles[index]);
  const images = await Promise.all(both.map((index) => decodeSource(dataset.samples[index].source)));
  return { images, caption: `${names.join(' / ')}\n${remark}` };
}
