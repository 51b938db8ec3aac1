/** Whether the length of a feature says how good an image is, and whether losses that say so differ from softmax: of nets trained from the beginning. */

import { signedText } from '../../../common/format.ts';
import { type Estimate, estimate, holm, testMean } from '../../../common/statistics.ts';
import { type CourseName, qualitySet } from '../../data/quality-courses.ts';
import { normsByCourse } from '../../evaluation/norm-quality.ts';
import {
  judge,
  level,
  type MeasuredRow,
  pText,
  sharedSeeds,
  type Verdict,
} from '../../evaluation/verdict.ts';
import { inputSize, type TrainingConfig } from '../../training/config/config.ts';
import { hashText } from '../../training/config/overrides.ts';
import type { ExperimentResults, Figure, Plan, PlannedExperiment } from '../experiment.ts';
import type { Measure } from '../jobs/job.ts';
import { type Line, linePlot } from '../line-plot.node.ts';
import { jobsOf } from './compared-results.node.ts';
import { control } from './loss-rows.ts';
import { comparisonRecipe } from './presets.ts';
import type { Recipe, Stage } from './recipe.ts';
import { scratchRows, scratchStage } from './scratch.node.ts';
import { seedsRemark } from './seeds-remark.ts';

/** Keys of the rows of `scratch` that are looked at: two that take long features for good images, and three that do not. */
const normsKeys: readonly string[] = [control.key, 'normface', 'arcface', 'adaface', 'magface'];

const pictures = { identities: 30, samples: 3, seed: 1 } as const;
const courses = ['blur', 'detail'] as const satisfies readonly CourseName[];
/** Of the row that the others are compared with, as `scratch` has it. */
const softmaxLabel = 'softmax';
const words: Readonly<Record<CourseName, string>> = { blur: 'blur', detail: 'resolution' };

export const norms: PlannedExperiment = {
  name: 'norms',
  title: 'The length of features and the quality of images',
  paper:
    'Softmax encourages features that are well separated to be long (arXiv 1704.06369, section 3.1). AdaFace and MagFace take the length for the quality; others found the opposite on some data (AdaFace issues 6 and 49).',
  plan: (runner) => {
    const recipe = comparisonRecipe(runner);
    return planNorms(recipe, runner.seeds, scratchStage(recipe, runner));
  },
};

/** Of the levels of a course, from the best on. */
interface KeptCourse {
  /** Spearman's correlation of length and quality within a picture, the mean over people. */
  readonly correlation: number;
  /** From the best on: per mille of the width that the blur reaches, or pixels of the width that are left. */
  readonly levels: readonly number[];
  /** Mean log ‖f‖ of each level. */
  readonly means: readonly number[];
}

type NormsMeasure = Measure<Readonly<Record<CourseName, KeptCourse>>>;

const setOf = (config: TrainingConfig) => qualitySet(pictures, inputSize(config.data)[1]);

export const normsMeasure: NormsMeasure = {
  name: 'norms',
  settings: { ...pictures },
  subject: async (_runner, config) => {
    const { dataset, courses: drawn } = setOf(config);
    const levels = courses.map((course) => drawn[course].levels);
    return { fingerprint: hashText(JSON.stringify(levels)), images: dataset.samples.length };
  },
  measure: async (runner, run) => {
    const set = setOf(run.config);
    const features = await runner.features(run, set.dataset, Uint32Array.from(set.dataset.samples.keys()));
    const found = normsByCourse(features, set);
    const keep = (course: CourseName): KeptCourse => {
      const { correlation, means } = found[course];
      return { correlation: correlation.mean, levels: set.courses[course].levels, means };
    };
    return { blur: keep('blur'), detail: keep('detail') };
  },
};

/** A row of the table: what its seeds gave. */
interface Row {
  readonly label: string;
  readonly seeds: readonly number[];
  readonly kept: readonly Readonly<Record<CourseName, KeptCourse>>[];
}

export function planNorms(
  recipe: Recipe,
  seeds: readonly number[],
  stage: Stage,
  keys: readonly string[] = normsKeys,
): Plan {
  const jobs = jobsOf(scratchRows(recipe, { stage, keys, measures: [normsMeasure] }), seeds);
  return {
    jobs,
    results: async (known) => {
      const rows = new Map<string, Row>();
      for (const { job, label, seed } of jobs) {
        const value = await known.value(job, normsMeasure);
        if (!value) continue;
        const before = rows.get(label) ?? { label, seeds: [], kept: [] };
        rows.set(label, { label, seeds: [...before.seeds, seed], kept: [...before.kept, value] });
      }
      return rows.size === 0 ? undefined : resultsOf([...rows.values()], seeds);
    },
  };
}

function resultsOf(rows: readonly Row[], seeds: readonly number[]): ExperimentResults {
  const { identities, samples } = pictures;
  const signs = rows.flatMap((row) => courses.map((course) => ({ row, course, ...signOf(row, course) })));
  return {
    summary: signsText(signs),
    text: [
      `${identities} generated people of ${samples} pictures, each drawn at six radii of blur and at six resolutions, and embedded by the nets that the experiment "scratch" trains from the beginning. ` +
        "Within a picture, Spearman's correlation of the length of the feature and the quality of the level is 1 where every better level has a longer feature, −1 where every one has a shorter one.",
      `${signsText(signs)}.`,
      ...courses.flatMap((course) => againstText(rows, course)),
    ],
    tables: [
      {
        stem: 'norms',
        columns: ['row', 'seed', 'course', 'level', 'mean log length', 'correlation'],
        rows: rows.flatMap(({ label, seeds: own, kept }) =>
          kept.flatMap((value, k) =>
            courses.flatMap((course) =>
              value[course].means.map((mean, one) => [
                label,
                own[k]!,
                words[course],
                value[course].levels[one]!,
                mean,
                value[course].correlation,
              ]),
            ),
          ),
        ),
        display: {
          columns: [
            { header: '' },
            ...['length of sharp pictures', 'blur', 'worst blur', 'resolution', 'worst resolution'].map(
              (header) => ({ header, align: 'right' as const }),
            ),
          ],
          rows: rows.map((row) => [
            row.label + seedsRemark(row.seeds.length, seeds.length),
            withSpread(estimate(row.kept.map(({ blur }) => Math.exp(blur.means[0]!))), (value) =>
              value.toFixed(1),
            ),
            ...courses.flatMap((course) => [
              withSpread(estimate(correlations(row, course)), signed),
              withSpread(
                estimate(row.kept.map((one) => one[course].means.at(-1)! - one[course].means[0]!)),
                signed,
              ),
            ]),
          ]),
          notes: [
            `Correlation of length and quality within a picture, and by how much the mean log length of the worst level differs from that of the best${seeds.length > 1 ? ', mean ± standard deviation over the seeds' : ', one seed'}.`,
          ],
        },
      },
    ],
    figures: courses.map((course) => figureOf(rows, course)),
  };
}

/** What a picture of each level loses in length, a line for each loss. */
function figureOf(rows: readonly Row[], course: CourseName): Figure {
  const axis = { blur: 'blur in ‰ of the width', detail: 'pixels of the width' }[course];
  const [{ levels }] = rows[0]!.kept.map((value) => value[course]) as [KeptCourse];
  const lines = rows.map(({ label, kept }): Line => {
    const losses = levels.map((_, k) =>
      estimate(kept.map(({ [course]: { means } }) => means[k]! - means[0]!)),
    );
    return {
      name: label,
      shortName: label.replace(', normalised', ''),
      x: levels,
      y: losses.map(({ mean }) => mean),
      error: losses.map(({ std }) => std ?? 0),
    };
  });
  return {
    stem: course,
    svg: linePlot(lines, { xLabel: axis, yLabel: 'log length less that of the best level' }),
    caption: `Mean log length of the features by ${words[course]}, less that of the best level: means over the seeds, bars of one standard deviation.`,
  };
}

const correlations = ({ kept }: Row, course: CourseName): number[] =>
  kept.map((value) => value[course].correlation);

/** Which sign the correlation has in trainings from other seeds, by Student's t. */
function signOf(row: Row, course: CourseName): { readonly mean: number; readonly p: number | null } {
  const { mean, p } = testMean(correlations(row, course));
  return { mean, p };
}

/** "better pictures have longer features after all 5 losses, by blur and by resolution", as far as it holds; p-values are Holm's. */
function signsText(
  signs: readonly { readonly row: Row; readonly course: CourseName; mean: number; p: number | null }[],
): string {
  const tested = signs.filter(({ p }) => p !== null);
  const adjusted = holm(tested.map(({ p }) => p!));
  const verdictOf = (one: (typeof signs)[number]): Verdict => {
    const place = tested.indexOf(one);
    if (place < 0) return 'untested';
    if (adjusted[place]! >= level) return 'indistinct';
    return one.mean > 0 ? 'above' : 'below';
  };
  const part = (verdict: Verdict, text: string) => {
    const found = signs.filter((one) => verdictOf(one) === verdict);
    if (found.length === 0) return [];
    const names = found.map(({ row, course, mean }) => `${row.label} by ${words[course]} ${signed(mean)}`);
    return [`${text} in ${found.length} of ${signs.length} (${names.join(', ')})`];
  };
  return [
    ...part('above', 'better pictures have longer features'),
    ...part('below', 'better pictures have shorter features'),
    ...part('indistinct', 'which have the longer ones is not distinguishable'),
    ...part('untested', 'one seed, chance not known,'),
  ].join('; ');
}

/** What the losses do to the correlation, beside softmax of the same seeds. */
function againstText(rows: readonly Row[], course: CourseName): string[] {
  const measured = rows.map(
    (row): MeasuredRow => ({ label: row.label, seeds: row.seeds, values: correlations(row, course) }),
  );
  const reference = measured.find(({ label }) => label === softmaxLabel);
  if (!reference) return [];
  const compared = measured
    .filter((row) => row !== reference && sharedSeeds(row, reference) > 1)
    .map((row) => ({ row, control: reference }));
  if (compared.length === 0) return [];
  const told = judge(compared).map(({ label, difference, p, verdict }) => {
    const size = `${signed(difference.mean)} ± ${difference.error!.toFixed(3)}`;
    return `${label} ${size} (${pText(p!)}): ${verdict === 'indistinct' ? 'not distinguishable' : verdict}`;
  });
  return [
    `Correlation by ${words[course]}, less that of ${reference.label}, mean ± standard error over the seeds: ${told.join('; ')}.`,
  ];
}

const signed = (value: number): string => signedText(value, 3);

function withSpread({ mean, std }: Estimate, text: (value: number) => string): string {
  return std === null ? text(mean) : `${text(mean)} ± ${std.toFixed(3)}`;
}
