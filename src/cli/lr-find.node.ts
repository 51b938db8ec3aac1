/** `normface lr-find`: the learning-rate range test. */

import path from 'node:path';
import * as Plot from '@observablehq/plot';
import { UsageError } from '../common/errors.ts';
import { replaceFile } from '../common/files.node.ts';
import { plotPng, renderPlot, seriesColor } from '../common/plot-frame.node.ts';
import { resolveConfig } from '../normface/training/config/resolve-config.node.ts';
import { Model } from '../normface/training/model.ts';
import {
  hasDiverged,
  marginOf,
  type RatePoint,
  type RateSuggestion,
  rateOf,
  type SmoothedPoint,
  smooth,
  suggestRate,
} from '../normface/training/rate-range.ts';
import { trialImages } from '../normface/training/run/forecast.node.ts';
import { initialise } from '../normface/training/run/start.node.ts';
import { openTrainingData } from '../normface/training/training-data.node.ts';
import type { Context } from './context.node.ts';
import { checkNewFile } from './output-file.node.ts';

interface FindRateOptions {
  readonly data?: string;
  readonly net?: string;
  readonly loss?: string;
  readonly batch?: number;
  readonly from?: string;
  readonly set: string[];
  readonly lowest: number;
  readonly highest: number;
  readonly steps: number;
  readonly out?: string;
  readonly force?: boolean;
}

/** Rows of the table that is printed. */
const shownRows = 12;

export async function findRate(context: Context, file: string | undefined, options: FindRateOptions) {
  const { data: dataPath, net, loss, batch, from, set, lowest, highest, steps, out, force } = options;
  if (lowest >= highest) throw new UsageError(`--lowest ${lowest} must be below --highest ${highest}`);
  if (out !== undefined) {
    if (!/\.(csv|svg|png)$/i.test(out))
      throw new UsageError(`--out ${out}: the name must end in .csv, .svg or .png`);
    checkNewFile(out, force, file === undefined ? [] : [file]);
  }
  const flags = {
    ...(dataPath !== undefined && { data: { path: dataPath } }),
    ...(net !== undefined && { net }),
    ...(loss !== undefined && { loss: { name: loss } }),
    ...(batch !== undefined && { batchSize: batch }),
    ...(from !== undefined && { initialise: { from } }),
  };
  const { config, source } = resolveConfig({ file, flags, set });
  const data = await openTrainingData(config);
  const device = await context.openDevice();
  const stage = context.stage('compiling kernels');
  const images = trialImages(config, data, (name, reason) =>
    context.warn(`the image ${name} is left out: ${reason}`),
  );
  const measured: RatePoint[] = [];
  const margin = marginOf(config);
  let model: Model | undefined;
  try {
    model = await device.tuner.tuned(
      () => new Model(device, config, data.dataset.identities.length),
      (discarded) => discarded.dispose(),
    );
    if (config.initialise) initialise(model, { config, source, data }, context);
    await model.compile();
    stage.next('trying rates');
    for (let step = 0; step < steps; step++) {
      const learningRate = rateOf(step, { from: lowest, to: highest, steps });
      // The loss is that of the weights which the steps before have left.
      const { loss } = await model.step(await images.next(), learningRate, step);
      measured.push({ learningRate, loss });
      stage.update(step + 1, steps);
      if (!Number.isFinite(loss) || hasDiverged(smooth(measured), margin)) break;
    }
  } finally {
    stage.end();
    model?.dispose();
    await images.close();
  }
  const points = smooth(measured);
  const suggestion = suggestRate(points);
  const rows = points.filter((_, i) => i % Math.ceil(points.length / shownRows) === 0);
  for (const { learningRate, smoothed } of rows)
    context.say(`        rate ${learningRate.toExponential(2)}: loss ${smoothed.toPrecision(4)}`);
  const ended =
    points.length < steps ? `the loss diverged after step ${points.length} of ${steps}` : undefined;
  if (ended) context.say(`${ended}, at the rate ${points.at(-1)!.learningRate.toExponential(2)}`);
  context.say(
    suggestion
      ? `the loss falls fastest at ${suggestion.steepest.toExponential(2)}, and is least at ${suggestion.least.toExponential(2)}: try --lr ${suggestion.steepest.toPrecision(2)}`
      : 'the loss does not fall at any of these rates: try others with --lowest and --highest, or more --steps',
  );
  if (out !== undefined) {
    replaceFile(out, await written(out, points, suggestion));
    context.say(`wrote   ${out}`);
  }
  return {
    event: 'result',
    points,
    ...suggestion,
    ...(ended && { ended }),
    ...(out !== undefined && { file: out }),
  };
}

async function written(
  out: string,
  points: readonly SmoothedPoint[],
  suggestion: RateSuggestion | undefined,
): Promise<string | Uint8Array> {
  const kind = path.extname(out).toLowerCase();
  if (kind === '.csv')
    return `learningRate,loss,smoothed\n${points.map((p) => `${p.learningRate},${p.loss},${p.smoothed}\n`).join('')}`;
  const svg = ratePlot(points, suggestion);
  return kind === '.svg' ? svg : plotPng(svg);
}

/** Loss over the rate, on a logarithmic axis. */
function ratePlot(points: readonly SmoothedPoint[], suggestion: RateSuggestion | undefined): string {
  const drawn = points.filter(({ smoothed }) => Number.isFinite(smoothed));
  const [loss, fall] = [seriesColor(0), seriesColor(1)];
  return renderPlot({
    title: 'Loss over the learning rate',
    description: 'smoothed training loss over the learning rate of the step',
    legend: [
      { name: 'training loss, smoothed', color: loss },
      ...(suggestion
        ? [{ name: `falls fastest at ${suggestion.steepest.toExponential(2)}`, color: fall, dashed: true }]
        : []),
    ],
    x: { type: 'log', label: 'learning rate' },
    y: { label: 'training loss', nice: true },
    marks: [
      ...(suggestion ? [Plot.ruleX([suggestion.steepest], { stroke: fall, strokeDasharray: '6 5' })] : []),
      Plot.line(drawn, { x: 'learningRate', y: 'loss', stroke: loss, strokeOpacity: 0.28 }),
      Plot.line(drawn, { x: 'learningRate', y: 'smoothed', stroke: loss, strokeWidth: 2.5 }),
    ],
  });
}
