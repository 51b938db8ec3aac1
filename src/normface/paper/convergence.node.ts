/** arXiv 1704.06369, section 3.3: softmax over cosines stays above its bound without a scale, and not with one. */

import { estimate } from '../../common/statistics.ts';
import { lossBound } from '../losses/bound.ts';
import type { TrainingConfigInput } from '../training/config/config.ts';
import type { StepRecord } from '../training/run/log.ts';
import { baselineConfig, describeBaseline } from './baseline.ts';
import type { Experiment } from './experiment.ts';
import { linePlot } from './line-plot.node.ts';

interface Variant {
  readonly key: string;
  readonly name: string;
  readonly shortName?: string;
  readonly scale: { readonly initial: number; readonly learn: boolean };
  /** Multiples of the preset's rate and length. */
  readonly rate?: number;
  readonly length?: number;
}

const variants: readonly Variant[] = [
  { key: 's1', name: 's = 1', scale: { initial: 1, learn: false } },
  {
    key: 's1-long',
    name: 's = 1, 2 × the steps, 3 × the rate',
    shortName: 's = 1, longer',
    scale: { initial: 1, learn: false },
    rate: 3,
    length: 2,
  },
  { key: 's10', name: 's = 10', scale: { initial: 10, learn: false } },
  { key: 's24', name: 's = 24', scale: { initial: 24, learn: false } },
  { key: 'learnt', name: 's learnt from 10', scale: { initial: 10, learn: true } },
];

/** Records at the end of a run whose mean is its final loss. */
const finalRecords = 5;

/** Mean of a logged number over the last records. */
export function finalMean(
  steps: readonly StepRecord[],
  value: (record: StepRecord) => number | undefined,
): number {
  const last = steps.slice(-finalRecords).map((record) => value(record) ?? Number.NaN);
  return last.reduce((sum, one) => sum + one, 0) / last.length;
}

/** "still falls, from 4.402 to 4.351", by the means of the first and the second half of the last quarter. */
export function trendText(steps: readonly StepRecord[]): string {
  const last = steps.slice(-Math.ceil(steps.length / 4)).map(({ loss }) => loss);
  const half = Math.ceil(last.length / 2);
  const parts = [last.slice(0, half), last.slice(half)].map(estimate);
  const [before, after] = parts.map(({ mean }) => mean);
  const spread = Math.hypot(...parts.map(({ error }) => error ?? Number.POSITIVE_INFINITY));
  const trend =
    Math.abs(after! - before!) < 2 * spread
      ? 'neither falls nor rises beyond its noise'
      : after! < before!
        ? 'still falls'
        : 'rises';
  return `${trend}, from ${before!.toFixed(3)} to ${after!.toFixed(3)}`;
}

export const convergence: Experiment = {
  name: 'convergence',
  title: 'Convergence with and without a scale (arXiv 1704.06369, section 3.3)',
  paper:
    'Softmax directly on cosines (s = 1) stays near its lower bound (about 8.5 with a bound of 8.27 for 10,575 classes) however long it trains; a scale layer lets the loss fall.',
  run: async (runner) => {
    const start = baselineConfig(runner);
    const baseline = await runner.train(start, 'baseline');
    const classes = baseline.data.dataset.identities.length;
    const { steps, learningRate } = runner.pick({
      quick: { steps: 240, learningRate: 0.03 },
      full: { steps: 5000, learningRate: 1e-3 },
    });
    const results = [];
    for (const variant of variants) {
      const { rate = 1, length = 1 } = variant;
      const { epochs: _, schedule: __, ...kept } = start;
      const input: TrainingConfigInput = {
        ...kept,
        initialise: { from: baseline.checkpoint, head: 'keep' },
        loss: { name: 'normface', scale: variant.scale },
        optimiser: { ...start.optimiser, learningRate: rate * learningRate },
        steps: length * steps,
      };
      const run = await runner.train(input, `convergence-${variant.key}`);
      const scale = finalMean(run.steps, (record) => record.scale);
      results.push({
        ...variant,
        records: run.steps,
        scale,
        loss: finalMean(run.steps, ({ loss }) => loss),
        bound: lossBound(classes, scale),
        positive: finalMean(run.steps, ({ positiveCosine }) => positiveCosine),
        negative: finalMean(run.steps, ({ negativeCosine }) => negativeCosine),
      });
    }
    const [plain, long] = results;
    const others = results.slice(2);
    return {
      summary: `of one seed, without a scale the loss ends at ${plain!.loss.toFixed(2)} and, trained longer, at ${long!.loss.toFixed(2)} above a bound of ${plain!.bound.toFixed(2)}; with a scale at ${others.map(({ loss }) => loss.toFixed(2)).join(', ')}`,
      text: [
        `Start: ${describeBaseline(runner)}, ${classes} classes; its class weights are kept as agents. Then ${steps} steps of softmax over scaled cosines, ` +
          `rate ${learningRate}, features and weights normalised, no bias. One seed${runner.preset !== 'full' ? '; the faces are generated ones whatever data there are' : ''}.`,
        `With s = 1 the loss ends at ${plain!.loss.toFixed(3)}, after twice the steps with three times the rate at ${long!.loss.toFixed(3)}; ` +
          `log n is ${Math.log(classes).toFixed(3)} and the bound ${plain!.bound.toFixed(3)}, which no training can go below. ` +
          `Over the last quarter of its steps the longer run ${trendText(long!.records)}. ` +
          `With a scale it ends at ${others.map(({ name, loss }) => `${loss.toFixed(3)} (${name})`).join(', ')}.`,
      ],
      tables: [
        {
          stem: 'convergence',
          columns: ['variant', 'scale', 'loss', 'bound', 'positive_cosine', 'negative_cosine'],
          rows: results.map(({ key, scale, loss, bound, positive, negative }) => [
            key,
            scale,
            loss,
            bound,
            positive,
            negative,
          ]),
          display: {
            columns: [
              { header: '' },
              ...['s', 'loss', 'bound', 'cosine to the own class', 'to other classes'].map((header) => ({
                header,
                align: 'right' as const,
              })),
            ],
            rows: results.map(({ name, scale, loss, bound, positive, negative }) => [
              name,
              scale.toFixed(2),
              loss.toFixed(4),
              bound.toPrecision(3),
              positive.toFixed(3),
              negative.toFixed(3),
            ]),
            notes: [`Means over the last ${finalRecords} records of each run.`],
          },
        },
        {
          stem: 'convergence-curves',
          columns: ['variant', 'step', 'loss', 'scale', 'bound'],
          rows: results.flatMap(({ key, records }) =>
            records.map(({ step, loss, scale, bound }) => [key, step, loss, scale ?? '', bound ?? '']),
          ),
        },
      ],
      figures: [
        {
          stem: 'convergence',
          svg: linePlot(
            results.map(({ name, shortName, records }) => ({
              name,
              shortName,
              x: records.map(({ step }) => step),
              y: records.map(({ loss }) => loss),
              dots: false,
            })),
            {
              xLabel: 'step',
              yLabel: 'training loss',
              yDomain: [0, Math.ceil(Math.log(classes))],
              rules: [
                { name: `bound for s = 1, ${classes} classes`, value: plain!.bound, color: 0 },
                { name: 'log n, a guess', value: Math.log(classes) },
              ],
            },
          ),
          caption:
            'Training loss of softmax over scaled cosines from a softmax-trained start; the dashed line is the least loss that s = 1 allows.',
        },
      ],
    };
  },
};
