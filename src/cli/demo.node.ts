/** `normface demo`, which `npm start` runs: the paper's recipe on generated faces, from nothing to a report. */

import path from 'node:path';
import { UserError } from '../common/errors.ts';
import type { ReportSection } from '../common/report.node.ts';
import { formatTable } from '../common/table.ts';
import { openEmbedder } from '../normface/embedding/embedder.node.ts';
import { type EvaluatedRun, evaluateRun } from '../normface/embedding/evaluate.node.ts';
import { type EvaluationSet, evaluationSetOf } from '../normface/embedding/evaluation-set.node.ts';
import { writeThreshold } from '../normface/embedding/threshold-file.node.ts';
import { cosinePlot, learningRatePlot, lossPlot } from '../normface/evaluation/plots.node.ts';
import { metricsTable } from '../normface/evaluation/summary.ts';
import { packageRoot } from '../normface/package.node.ts';
import { CachingPool } from '../normface/training/caching-pool.node.ts';
import { findWeights } from '../normface/training/checkpoint/checkpoint.node.ts';
import { resolveConfig } from '../normface/training/config/resolve-config.node.ts';
import { INTERRUPTED } from '../normface/training/run/interrupt.node.ts';
import type { StepRecord } from '../normface/training/run/log.ts';
import { type FinishedRun, trainRun } from '../normface/training/run/run.node.ts';
import { readLog } from '../normface/training/run/run-folder.node.ts';
import { openTrainingData } from '../normface/training/training-data.node.ts';
import type { Context } from './context.node.ts';
import { conclusions, evaluationResult, provenanceLines, writeEvaluation } from './evaluation-report.node.ts';
import { evaluationProvenance } from './provenance.node.ts';

/** The runs of the demo: the baseline, and what is made of it in as many further steps with either loss. */
const recipes = [
  { name: 'softmax', file: 'demo-softmax.json', label: 'softmax baseline' },
  { name: 'control', file: 'demo-control.json', label: 'control: further softmax steps' },
  { name: 'normface', file: 'demo-normface.json', label: 'NormFace fine-tune' },
] as const;

/** The run that the others are compared with. */
const reference: (typeof recipes)[number]['name'] = 'control';

interface DemoOptions {
  readonly out: string;
  readonly seed?: number;
  readonly set: string[];
}

interface DemoRun extends FinishedRun {
  readonly name: string;
  readonly label: string;
  /** Steps of the run that this one started from. */
  readonly before: number;
  readonly steps: readonly StepRecord[];
}

export async function demo(context: Context, options: DemoOptions) {
  const start = performance.now();
  const interrupt = context.interrupt();
  const pool = new CachingPool();
  try {
    await context.openDevice();
    const runs: DemoRun[] = [];
    for (const recipe of recipes) {
      context.say(`\n${recipe.label}`);
      const run = await trainRecipe(context, recipe, runs[0], options, pool, interrupt.shouldStop);
      runs.push(run);
      if (run.finished) continue;
      context.exitCode = INTERRUPTED;
      context.say(`stopped; continue this run with: normface train --resume ${run.folder}`);
      return { event: 'result', folders: runs.map(({ folder }) => folder) };
    }
    context.say('\nevaluation on people who occur in no training image');
    const set = await evaluationSetOf(configOf(recipes[0].file, options).config);
    if (!set) throw new UserError('the demo has nothing to evaluate on: evaluation.data is missing');
    for (const warning of set.warnings) context.warn(warning);
    const device = await context.openDevice();
    const evaluated: EvaluatedRun[] = [];
    const stage = context.stage('evaluation');
    for (const run of runs) {
      stage.next(`${run.name}: drawing and embedding faces`);
      const weightsFile = findWeights(run.checkpoint);
      const embedder = await openEmbedder(device, weightsFile, 64, { mirror: true });
      const result = await evaluateRun(embedder, set, {
        name: run.name,
        rule: { kind: 'best' },
        pool,
        onProgress: (done, total) => stage.update(done, total),
      });
      const provenance = await evaluationProvenance(weightsFile, set, result.evaluation);
      embedder.dispose();
      writeThreshold(weightsFile, result.threshold);
      evaluated.push({ ...result, provenance });
    }
    stage.next('writing the report');
    const table = metricsTable(evaluated.map(({ name, evaluation: { metrics } }) => ({ name, metrics })));
    context.say(`\n${formatTable(table)}`);
    for (const line of provenanceLines(evaluated)) context.say(line);
    for (const paragraph of conclusions(evaluated, reference)) context.say(`\n${paragraph}`);
    const seconds = Math.round((performance.now() - start) / 1000);
    const facts = [
      ['Adapter', device.report.description],
      ['Images', set.dataset.name],
      ['Runs', runs.map(({ folder }) => folder).join(', ')],
      ['Time', `${seconds} s`],
    ] as const;
    const report = await writeReportOf(options.out, runs, evaluated, set, facts);
    context.say(`\nreport  ${report}  (${seconds} s in all)`);
    return {
      event: 'result',
      seconds,
      report,
      folders: runs.map(({ folder }) => folder),
      ...evaluationResult(evaluated, set),
    };
  } finally {
    interrupt.dispose();
    await pool.close();
  }
}

/** The configuration of a recipe with the demo's own settings over it. */
function configOf(file: string, { out, seed, set }: DemoOptions, from?: string) {
  const flags = {
    output: out,
    ...(seed !== undefined && { seed }),
    ...(from !== undefined && { initialise: { from } }),
  };
  return resolveConfig({ file: path.join(packageRoot, 'configs', file), flags, set });
}

async function trainRecipe(
  context: Context,
  { name, file, label }: (typeof recipes)[number],
  baseline: DemoRun | undefined,
  options: DemoOptions,
  pool: CachingPool,
  shouldStop: () => boolean,
): Promise<DemoRun> {
  const { config, source } = configOf(file, options, baseline?.checkpoint);
  const data = await openTrainingData(config);
  const device = await context.openDevice();
  const { reopenDevice } = context;
  const reporter = context;
  const run = await trainRun({ device, reopenDevice, config, source, data, reporter, pool, shouldStop });
  const steps = readLog(run.folder).filter((record): record is StepRecord => record.event === 'step');
  return { ...run, name, label, before: baseline?.totalSteps ?? 0, steps };
}

function writeReportOf(
  folder: string,
  runs: readonly DemoRun[],
  evaluated: readonly EvaluatedRun[],
  set: EvaluationSet,
  facts: readonly (readonly [string, string])[],
): Promise<string> {
  return writeEvaluation(folder, evaluated, set, {
    worst: 8,
    reference,
    weights: runs.map(({ checkpoint }) => findWeights(checkpoint)),
    frame: {
      title: 'NormFace on generated faces',
      intro: [
        'A small net is trained with softmax on generated faces. From there it is trained on, once with the NormFace loss (softmax ' +
          'over scaled cosines of normalised features and weights) and, as a control, for as many steps with softmax as before.',
        'All numbers are for people who occur in no training image.',
      ],
      facts,
      sections: [curves(runs)],
    },
  });
}

function curves(runs: readonly DemoRun[]): ReportSection {
  const x = ({ before, steps }: DemoRun) => steps.map(({ step }) => before + step);
  const series = (value: (record: StepRecord) => number) =>
    runs.map((run) => ({ name: run.name, x: x(run), y: run.steps.map(value) }));
  const cosines = runs.map((run) => ({
    name: run.name,
    step: x(run),
    positive: run.steps.map(({ positiveCosine }) => positiveCosine ?? Number.NaN),
    negative: run.steps.map(({ negativeCosine }) => negativeCosine ?? Number.NaN),
  }));
  return {
    title: 'Training',
    figures: [
      {
        svg: lossPlot(series(({ loss }) => loss)),
        caption: 'Loss. That of NormFace is another function of other logits.',
      },
      {
        svg: cosinePlot(cosines),
        caption: 'Mean cosine of features with the weights of their own and of all other classes.',
      },
      {
        // The control has the very rates of the fine-tune; dashes let it be seen below them.
        svg: learningRatePlot(
          series(({ learningRate }) => learningRate).map((one) => ({
            ...one,
            dashed: one.name === 'normface',
          })),
        ),
        caption: 'Learning rate. Those of the control and of NormFace are the same.',
      },
    ],
  };
}
