/** The mirror table: merges of image and mirror image, with and without PCA (docs/reference.md#mirror-images). */

import { estimate } from '../../../common/statistics.ts';
import { type MergeName, mergeNames } from '../../evaluation/merge.ts';
import { type MirrorRow, mirrorTable } from '../../evaluation/mirror-table.ts';
import { differenceOf, differenceText, percentEstimate } from '../../evaluation/verdict.ts';
import type { Experiment, ExperimentResults } from '../experiment.ts';
import type { ExperimentRunner } from '../experiment-runner.node.ts';
import { Comparison } from './comparison.node.ts';
import { paperRows, rowsOf } from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import type { Recipe } from './recipe.ts';
import { recipeText } from './recipe-text.ts';
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

export const mirror: Experiment = {
  name: 'mirror',
  title: 'Mirror images and PCA',
  paper:
    'Merging the features of image and mirror image, and PCA, each add one or two tenths of a point; sum and maximum with PCA give the best model its 99.22 %.',
  run: (runner) => runMirror(runner, comparisonRecipe(runner)),
};

export async function runMirror(runner: ExperimentRunner, recipe: Recipe): Promise<ExperimentResults> {
  const comparison = new Comparison(runner, recipe);
  const seeds = runner.comparisonSeeds;
  const tables: MirrorRow[][][] = models.map(() => []);
  const [row] = rowsOf(paperRows(recipe.head), ['normface']);
  for (const seed of seeds) {
    for (const [m, { key }] of models.entries()) {
      const run =
        key === 'baseline' ? await comparison.baseline(seed) : await comparison.fineTune(row!, seed);
      const { pairs, features } = await comparison.features(run, true);
      tables[m]!.push(mirrorTable({ front: features.front, mirrored: features.mirrored! }, pairs));
    }
  }
  return experimentResults(recipe, tables, seeds);
}

/** @param tables of each model, one a seed */
export function experimentResults(
  recipe: Recipe,
  tables: readonly (readonly MirrorRow[][])[] | readonly (readonly (readonly MirrorRow[])[])[],
  seeds: readonly number[],
): ExperimentResults {
  const cells = models.flatMap(({ name, paper }, m) =>
    [false, true].flatMap((pca) =>
      mergeNames.map((merge, k) => {
        const rows = tables[m]!.map((ofSeed) => ofSeed.find((row) => row.pca === pca)!);
        const values = rows.map(({ results }) => results[merge].accuracy);
        return {
          name,
          pca,
          merge,
          label: `${name}, ${merge}${pca ? ', PCA' : ''}`,
          paper: paper[pca ? 'yes' : 'no'][k],
          values,
          units: rows.map(({ decisions }) => decisions[merge]),
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
      recipeText(recipe, seeds, false),
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
