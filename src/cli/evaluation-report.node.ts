/** The files of an evaluation: numbers, plots, the worst errors as contact sheets, and one page with all of it. */

import path from 'node:path';
import { makeFolders, replaceFile } from '../common/files.node.ts';
import { type Gallery, type Report, type ReportSection, writeReport } from '../common/report.node.ts';
import { imageStrip, type Tile, writeContactSheet } from '../normface/data/images/contact-sheet.node.ts';
import { decodeSource } from '../normface/data/images/decode.node.ts';
import { imageTitles } from '../normface/data/protocols/image-numbers.ts';
import type { EvaluatedRun } from '../normface/embedding/evaluate.node.ts';
import type { EvaluationSet } from '../normface/embedding/evaluation-set.node.ts';
import { errorRejectTable } from '../normface/evaluation/error-reject.ts';
import { errorRejectPlot } from '../normface/evaluation/error-reject-plot.node.ts';
import { type MirrorRow, mirrorTableCsv, mirrorTableText } from '../normface/evaluation/mirror-table.ts';
import type { PairList } from '../normface/evaluation/pairs.ts';
import { plotPng } from '../normface/evaluation/plots.node.ts';
import { provenanceText } from '../normface/evaluation/provenance.ts';
import { histogramPlot, rocPlot } from '../normface/evaluation/score-plots.node.ts';
import { metricsTable, protocolLabel, protocolTable } from '../normface/evaluation/summary.ts';
import { comparisonText } from '../normface/evaluation/verdict.ts';
import { worstErrors } from '../normface/evaluation/worst.ts';
import { writeScores } from '../normface/overview/score-file.node.ts';
import { writeJson } from '../normface/training/run/run-folder.node.ts';

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
    runs: runs.map(({ name, evaluation, threshold, mirrorTable, provenance, explained }) => ({
      name,
      provenance,
      ...evaluation.metrics,
      errorReject: evaluation.errorReject,
      threshold,
      explained,
      // Without the single decisions, of which there is one a pair.
      mirrorTable: mirrorTable?.map(({ decisions: _, ...row }) => row),
    })),
  };
}

/** Runs that have a mirror table. */
export function mirrorTablesOf(
  runs: readonly EvaluatedRun[],
): { name: string; rows: readonly MirrorRow[] }[] {
  return runs.flatMap(({ name, mirrorTable }) => (mirrorTable ? [{ name, rows: mirrorTable }] : []));
}

/** A line on where the numbers of each run are from, of those that say. */
export function provenanceLines(runs: readonly EvaluatedRun[]): string[] {
  return runs.flatMap(({ name, provenance }) =>
    provenance ? [`${name}: ${provenanceText(provenance)}`] : [],
  );
}

/** What may be said of the differences of the runs from one of them, by the rule to read first; nothing of a single run. */
export function conclusions(runs: readonly EvaluatedRun[], reference = runs[0]!.name): string[] {
  const judged = runs.flatMap(({ name, evaluation: { first } }) =>
    first ? [{ label: name, ...first }] : [],
  );
  const control = judged.find(({ label }) => label === reference);
  if (!control || judged.length < 2) return [];
  return [
    comparisonText(
      judged.map(({ label, result, decisions }) => ({
        label,
        values: [result.accuracy],
        units: [decisions],
      })),
      reference,
      protocolLabel(control.result),
    ),
  ];
}

/**
 * Writes `result.json`, the scores of all pairs if there are not too many, for runs with a mirror table `mirror-table.csv`, the plots as SVG and PNG, contact sheets of at most `worst` errors of each kind of each run, and
 * `report.html` into a folder.
 * @param reference name of the run that the others are compared with; the first by default
 * @param weights the weights file of each run, by which `normface runs` and `compare` find the scores
 * @returns the report's path
 */
export async function writeEvaluation(
  folder: string,
  runs: readonly EvaluatedRun[],
  set: EvaluationSet,
  {
    worst,
    frame,
    reference,
    weights,
  }: { worst: number; frame: ReportFrame; reference?: string; weights?: readonly string[] },
): Promise<string> {
  makeFolders(folder);
  writeJson(path.join(folder, 'result.json'), evaluationResult(runs, set));
  writeScores(folder, runs, set, weights);
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
  const curves = runs.map(({ name, evaluation }) => ({ name, curve: evaluation.errorReject }));
  const errorReject = errorRejectPlot(curves);
  for (const [name, svg] of Object.entries({ roc, histogram, 'error-reject': errorReject })) {
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
        text: [...conclusions(runs, reference), ...provenanceLines(runs)],
        tables: [
          metricsTable(runs.map(({ name, evaluation: { metrics } }) => ({ name, metrics }))),
          protocolTable(runs[0]!.evaluation.metrics.protocols),
          ...(mirrorTables.length > 0 ? [mirrorTableText(mirrorTables)] : []),
        ],
      },
      ...(frame.sections ?? []),
      {
        title: 'Scores',
        tables: [errorRejectTable(curves)],
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
          {
            svg: errorReject,
            caption:
              'Error versus reject: the false non-match rate at a fixed threshold as the pairs with the shortest features are refused.',
          },
        ],
      },
      await exampleSection(folder, runs.at(-1)!, set),
      ...errors,
    ],
  });
  return report;
}

/** A pair that is shown, and what is said of it. */
interface ShownPair {
  readonly pair: number;
  readonly remark: string;
}

/** A few pairs spread evenly over the list, so that a reader sees what was judged. */
async function exampleSection(
  folder: string,
  { name, evaluation: { pairs, scores }, threshold }: EvaluatedRun,
  set: EvaluationSet,
): Promise<ReportSection> {
  const shown = [1, 0].flatMap((same) => {
    const kind = Array.from(pairs.same.keys()).filter((pair) => pairs.same[pair] === same);
    const count = Math.min(8, kind.length);
    return Array.from({ length: count }, (_, i): ShownPair => {
      const pair = kind[Math.floor((i * kind.length) / count)]!;
      const verdict = scores[pair]! > threshold.threshold ? 'accepted' : 'rejected';
      return { pair, remark: `${scores[pair]!.toFixed(3)}, ${verdict}` };
    });
  });
  return {
    title: 'Example pairs',
    galleries: [
      await gallery(path.join(folder, 'examples.png'), shown, pairs, set, {
        title: `Pairs of ${set.dataset.name}`,
        caption: `First pairs of one person, then of two, with their cosine by ${name}`,
      }),
    ],
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
  const galleries: Gallery[] = [];
  const kinds = [
    { list: errors.falseAccepts, file: `${stem}-false-accepts.png`, text: 'different people taken for one' },
    { list: errors.falseRejects, file: `${stem}-false-rejects.png`, text: 'one person taken for two' },
  ];
  for (const { list, file, text } of kinds) {
    if (list.length === 0) continue;
    const shown = list.map((pair): ShownPair => ({ pair, remark: scores[pair]!.toFixed(3) }));
    galleries.push(
      await gallery(path.join(folder, file), shown, pairs, set, {
        title: `${name}: ${text}`,
        caption: `Worst errors: ${text}, with their cosine`,
      }),
    );
  }
  const text = [`Threshold ${threshold.threshold.toFixed(4)} (${threshold.rule} on ${threshold.pairs}).`];
  if (galleries.length === 0) text.push('No pair is decided wrongly.');
  return { title: `Errors of ${name}`, text, galleries };
}

/** Pairs as pictures with text for the report; the same, text and all, as one PNG file. */
async function gallery(
  file: string,
  shown: readonly ShownPair[],
  pairs: PairList,
  set: EvaluationSet,
  { title, caption }: { title: string; caption: string },
): Promise<Gallery> {
  const tiles = await Promise.all(
    shown.map(({ pair, remark }) => pairTile(set, pairs.a[pair]!, pairs.b[pair]!, remark)),
  );
  await writeContactSheet(file, tiles, { columns: 4, title, imageHeight: 112 });
  return {
    caption,
    tiles: await Promise.all(
      tiles.map(async ({ images, caption }) => ({
        png: await imageStrip(images, 112),
        lines: caption.split('\n'),
      })),
    ),
  };
}

async function pairTile(set: EvaluationSet, a: number, b: number, remark: string): Promise<Tile> {
  const { dataset, indices } = set;
  const titles = imageTitles(dataset);
  const both = [indices[a], indices[b]];
  const names = both.map((index) => titles[index!]);
  const images = await Promise.all(both.map((index) => decodeSource(dataset.samples[index!]!.source)));
  return { images, caption: `${names.join(' / ')}\n${remark}` };
}
