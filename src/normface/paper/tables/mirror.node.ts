/** The mirror table: merges of image and mirror image, with and without PCA (docs/reference.md#mirror-images). */

import { estimate } from '../../../common/statistics.ts';
import { type MergeName, mergeNames } from '../../evaluation/merge.ts';
import { type MirrorRow, mirrorTable } from '../../evaluation/mirror-table.ts';
import { differenceOf, differenceText, percentEstimate } from '../../evaluation/verdict.ts';
import type { ExperimentResults, Plan, PlannedExperiment } from '../experiment.ts';
import { packBits, unpackBits } from '../jobs/bits.ts';
import { ofFinishedSeeds } from '../jobs/finished-seeds.ts';
import type { Measure } from '../jobs/job.ts';
import { judgesOf, pairFeatures } from './comparison.node.ts';
import { paperRows, rowsOf } from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import { baselineJob, fineTuneJob, type Recipe } from './recipe.ts';
import { baselineText, stepsText } from './recipe-text.ts';
import { marksText, rowPlot } from './row-plot.node.ts';

/** Models and what MirrorFace.md of happynear/NormFace gives for them in per cent, without and with PCA, in the order of `mergeNames`. */
const models = [
  {
    key: 'baseline',
    name: 'softmax',
    paper: { no: [98.5, 98.53, 98.63, 98.67], yes: [98.8, 98.92, 98.93, 98.95] },
  },
  {
    key: 'normface',
    name: 'NormFace',
    paper: { no: [98.77, 99.03, 99.02, 99.0], yes: [98.96, 99.17, 99.2167, 99.2167] },
  },
] as const;

export const mirror: PlannedExperiment = {
  name: 'mirror',
  title: 'Mirror images and PCA',
  paper:
    'Merging the features of image and mirror image, and PCA, each add one or two tenths of a point; sum and maximum with PCA give the best model its 99.22 %.',
  plan: (runner) => planMirror(comparisonRecipe(runner), runner.comparisonSeeds),
};

/** One line of the table, as much of it as is told. */
interface Line {
  readonly pca: boolean;
  readonly merges: Readonly<Record<MergeName, { readonly accuracy: number; readonly decisions: Uint8Array }>>;
}

/** The same as it is kept. */
interface KeptLine {
  readonly pca: boolean;
  readonly merges: Readonly<Record<MergeName, { accuracy: number; pairs: number; decisions: string }>>;
}

type MirrorMeasure = Measure<{ readonly lines: readonly KeptLine[] }>;

const mirrorMeasure: MirrorMeasure = {
  name: 'mirror table',
  settings: { merges: [...mergeNames] },
  subject: (runner, config) => judgesOf(runner, config, true),
  measure: async (runner, run) => {
    const { pairs, features } = await pairFeatures(runner, run, true);
    const rows = mirrorTable({ front: features.front, mirrored: features.mirrored! }, pairs);
    return { lines: rows.map(keep) };
  },
};

function keep({ pca, results, decisions }: MirrorRow): KeptLine {
  const kept = (merge: MergeName) => ({
    accuracy: results[merge].accuracy,
    pairs: decisions[merge].length,
    decisions: packBits(decisions[merge]),
  });
  return { pca, merges: byMerge(kept) };
}

function asLine({ pca, merges }: KeptLine): Line {
  return {
    pca,
    merges: byMerge((merge) => {
      const { accuracy, pairs, decisions } = merges[merge];
      return { accuracy, decisions: unpackBits(decisions, pairs) };
    }),
  };
}

function byMerge<T>(value: (merge: MergeName) => T): Record<MergeName, T> {
  return Object.fromEntries(mergeNames.map((merge) => [merge, value(merge)])) as Record<MergeName, T>;
}

export function planMirror(recipe: Recipe, seeds: readonly number[]): Plan {
  const [row] = rowsOf(paperRows(recipe.head), ['normface']);
  const jobs = seeds.flatMap((seed) =>
    models.map(({ key, name }) => ({
      job:
        key === 'baseline'
          ? baselineJob(recipe, seed, [mirrorMeasure])
          : fineTuneJob(recipe, row!, seed, [mirrorMeasure]),
      label: name,
      seed,
    })),
  );
  return {
    jobs,
    results: async (known) => {
      const { done, values } = await ofFinishedSeeds(known, jobs, mirrorMeasure);
      if (done.length === 0) return undefined;
      const tables = models.map((_, m) => values.map((ofSeed) => ofSeed[m]!.lines.map(asLine)));
      return experimentResults(recipe, tables, done);
    },
  };
}

/** @param tables of each model, one a seed */
export function experimentResults(
  recipe: Recipe,
  tables: readonly (readonly (readonly Line[])[])[],
  seeds: readonly number[],
): ExperimentResults {
  const cells = models.flatMap(({ name, paper }, m) =>
    [false, true].flatMap((pca) =>
      mergeNames.map((merge, k) => {
        const rows = tables[m]!.map((ofSeed) => ofSeed.find((row) => row.pca === pca)!);
        const values = rows.map(({ merges }) => merges[merge].accuracy);
        return {
          name,
          pca,
          merge,
          label: `${name}, ${merge}${pca ? ', PCA' : ''}`,
          paper: paper[pca ? 'yes' : 'no'][k],
          values,
          units: rows.map(({ merges }) => merges[merge].decisions),
          estimate: estimate(values),
        };
      }),
    ),
  );
  const cell = (name: string, pca: boolean, merge: MergeName) =>
    cells.find((one) => one.name === name && one.pca === pca && one.merge === merge)!;
  const said = (row: (typeof cells)[number], control: (typeof cells)[number]) =>
    differenceText(differenceOf(row, control), { above: 'a gain', below: 'a loss' });
  const effects = models.map(({ name }) => {
    const sum = said(cell(name, false, 'sum'), cell(name, false, 'front'));
    const pca = said(cell(name, true, 'sum'), cell(name, false, 'sum'));
    return `${name}: the mirror image, summed, ${sum}; then PCA ${pca}.`;
  });
  return {
    summary: effects.join(' ').replace(/\.$/, ''),
    text: [
      `${baselineText(recipe, seeds)} "softmax" is this baseline, without further steps, "NormFace" its fine-tune, ${stepsText(recipe.fineTune)} at a rate of ${recipe.fineTune.learningRate}: what can be compared are ways to merge the images within a model, not the two models.`,
      `${effects.join(' ')} p is the larger of Student's t over the seeds and a bootstrap over the pairs.`,
    ],
    tables: [
      {
        stem: 'mirror',
        columns: ['model', 'pca', 'merge', 'paper', 'seed', 'accuracy'],
        rows: cells.flatMap(({ name, pca, merge, paper, values }) =>
          values.map((value, k) => [name, pca ? 'yes' : 'no', merge, paper!, seeds[k]!, value]),
        ),
        display: {
          columns: [
            { header: 'model' },
            { header: 'PCA' },
            ...mergeNames.map((header) => ({ header, align: 'right' as const })),
            ...mergeNames.map((merge) => ({ header: `paper ${merge}`, align: 'right' as const })),
          ],
          rows: models.flatMap(({ name }) =>
            [false, true].map((pca) => {
              const row = mergeNames.map((merge) => cell(name, pca, merge));
              return [
                name,
                pca ? 'yes' : 'no',
                ...row.map((one) => percentEstimate(one.estimate)),
                ...row.map((one) => one.paper!.toFixed(2)),
              ];
            }),
          ),
          notes: [
            `Accuracy in per cent by the support vector machine of NormFace's script lfwPCA.m${seeds.length > 1 ? '; ± is the standard deviation over the seeds' : ''}. The paper's first model is softmax with center loss.`,
          ],
        },
      },
    ],
    figures: [
      {
        stem: 'mirror',
        svg: rowPlot(
          cells.map(({ label, values, estimate, name, paper }) => ({
            label,
            values,
            estimate,
            color: name === models[0].name ? 0 : 1,
            remark: paper!.toFixed(2),
          })),
          {
            xLabel: 'accuracy in %',
            description: 'accuracy by model, merge and PCA',
            groups: models.map(({ name }, color) => ({ name, color })),
            remarks: 'paper',
          },
        ),
        caption: `Accuracy by merge of image and mirror image: ${marksText(seeds.length)}. At the right the accuracies of MirrorFace.md in NormFace's repository.`,
      },
    ],
  };
}
