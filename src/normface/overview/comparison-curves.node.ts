/** The curves of several runs in the same axes. */

import type { ReportSection } from '../../common/report.node.ts';
import {
  accuracyPlot,
  cosinePlot,
  curvePlot,
  learningRatePlot,
  lossPlot,
  type Series,
} from '../evaluation/plots.node.ts';
import type { StepRecord } from '../training/run/log.ts';
import type { ComparedRun } from './compared-run.node.ts';

/** Narrower than other plots, so that their text can be read on a telephone, where the page is as wide as one of them. */
const plotWidth = 400;

/** Longer names would not fit into a legend. */
const longestName = 34;

type Figures = NonNullable<ReportSection['figures']>[number][];

/** Every curve that at least two of the runs have, and a sentence on those that only one has. */
export function comparisonCurves(runs: readonly ComparedRun[]): { figures: Figures; text: string[] } {
  const figures: Figures = [];
  const alone: string[] = [];
  const add = (what: string, having: readonly ComparedRun[], figure: () => Figures[number]) => {
    if (having.length > 1) figures.push(figure());
    else if (having.length === 1) alone.push(`${what} of ${having[0]!.name}`);
  };
  const has = (field: keyof StepRecord) =>
    runs.filter(({ steps }) => steps.some((step) => isNumber(step[field])));
  add('loss', has('loss'), () => ({
    svg: lossPlot(seriesOf(runs, has('loss'), 'loss'), [], undefined, plotWidth),
    caption: lossCaption(runs),
  }));
  const protocols = new Set(runs.flatMap(({ validations }) => validations.map(({ protocol }) => protocol)));
  for (const protocol of protocols) {
    const having = runs.filter(({ validations }) => validations.some((one) => one.protocol === protocol));
    add(`accuracy by ${protocol}`, having, () => ({
      svg: accuracyPlot(validationSeries(runs, having, protocol), protocol, undefined, plotWidth),
      caption: `Accuracy of validations while training, by ${protocol}.`,
    }));
  }
  add('learning rate', has('learningRate'), () => ({
    svg: learningRatePlot(seriesOf(runs, has('learningRate'), 'learningRate'), undefined, plotWidth),
    caption: 'Learning rate. Where lines are the same, the later ones are dashed.',
  }));
  const withCosines = has('positiveCosine');
  add('cosines', withCosines, () => ({
    svg: cosinePlot(withCosines.map(cosinesOf), undefined, plotWidth),
    caption: 'Mean cosine of features with the weights of their own class, and of all other classes.',
  }));
  add('scale', has('scale'), () => ({
    svg: curvePlot(seriesOf(runs, has('scale'), 'scale'), { yLabel: 'scale of the cosines', plotWidth }),
    caption: 'The factor of the cosines in the loss.',
  }));
  add('speed', has('imagesPerSecond'), () => ({
    svg: curvePlot(seriesOf(runs, has('imagesPerSecond'), 'imagesPerSecond'), {
      yLabel: 'images a second',
      fromZero: true,
      smooth: true,
      plotWidth,
    }),
    caption: 'Speed between two lines of the log, without checkpoints and validations.',
  }));
  const text = [
    ...stepRemark(runs),
    ...(alone.length > 0
      ? [`Only one of the runs has these, and they are not drawn: ${alone.join(', ')}.`]
      : []),
  ];
  return { figures, text };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** A run has its colour in every plot. */
function seriesOf(
  runs: readonly ComparedRun[],
  having: readonly ComparedRun[],
  field: 'loss' | 'learningRate' | 'scale' | 'imagesPerSecond',
): Series[] {
  return dashedWhereSame(
    having.map((run) => {
      const points = run.steps.filter((step) => isNumber(step[field]));
      return {
        name: shortened(run.name),
        color: runs.indexOf(run),
        x: points.map(({ step }) => step),
        y: points.map((step) => step[field]!),
      };
    }),
  );
}

function validationSeries(
  runs: readonly ComparedRun[],
  having: readonly ComparedRun[],
  protocol: string,
): Series[] {
  return dashedWhereSame(
    having.map((run) => {
      const points = run.validations.filter((one) => one.protocol === protocol && isNumber(one.accuracy));
      return {
        name: shortened(run.name),
        color: runs.indexOf(run),
        x: points.map(({ step }) => step),
        y: points.map(({ accuracy }) => accuracy),
      };
    }),
  );
}

/** A line that lies on an earlier one would hide it. */
function dashedWhereSame(series: readonly Series[]): Series[] {
  const texts = series.map(({ x, y }) => JSON.stringify([x, y]));
  return series.map((one, k) => ({ ...one, dashed: texts.indexOf(texts[k]!) < k }));
}

function cosinesOf({ name, steps }: ComparedRun) {
  return {
    name: shortened(name),
    step: steps.map(({ step }) => step),
    positive: steps.map(({ positiveCosine: cosine }) => (isNumber(cosine) ? cosine : Number.NaN)),
    negative: steps.map(({ negativeCosine: cosine }) => (isNumber(cosine) ? cosine : Number.NaN)),
  };
}

function lossCaption(runs: readonly ComparedRun[]): string {
  const losses = new Set(runs.filter(({ steps }) => steps.length > 0).map(({ summary }) => summary.loss));
  const caption = 'Training loss, smoothed, with the single values faintly behind it.';
  if (losses.size < 2) return caption;
  return `${caption} The losses are different functions (${[...losses].join(', ')}): their values cannot be compared.`;
}

/** Steps of different batches are not the same amount of work. */
function stepRemark(runs: readonly ComparedRun[]): string[] {
  const trained = runs.filter(({ steps }) => steps.length > 0);
  const sizes = trained.map(({ settings }) => Number(settings.batchSize) * Number(settings.accumulate ?? 1));
  if (new Set(sizes).size < 2) return [];
  const each = trained.map(({ name }, k) => `${name} ${sizes[k]}`).join(', ');
  return [`A step is a batch, and batches have different sizes: ${each} images.`];
}

function shortened(name: string): string {
  return name.length <= longestName ? name : `…${name.slice(1 - longestName)}`;
}
