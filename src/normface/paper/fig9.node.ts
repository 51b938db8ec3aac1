/** Figure 9: two videos as a histogram of frame-by-frame cosines, and the histograms of many pairs of videos. */

import * as Plot from '@observablehq/plot';
import { renderPlot, seriesColor } from '../../common/plot-frame.node.ts';
import { hash32 } from '../../engine/core/random.ts';
import { openDataset } from '../data/open.node.ts';
import type { Features } from '../evaluation/features.ts';
import { baselineConfig, describeBaseline, generatedPeople } from './baseline.ts';
import type { Experiment, Figure } from './experiment.ts';
import { cosineHistogram, frameCosines, histogramBins } from './frame-histogram.ts';
import { heatMap } from './heat-map.node.ts';

/** Pairs of each kind: the figure shows 100 of the same person, then 100 of different people. */
const pairsOfEachKind = 100;
/** Share of frame pairs with the last colour of the image of histograms. */
const largestShare = 0.15;

interface Videos {
  readonly people: number;
  readonly perPerson: number;
  readonly frames: number;
}

/** Two videos by their numbers. */
export interface VideoPair {
  readonly first: number;
  readonly second: number;
  readonly same: boolean;
}

/**
 * Distinct pairs of videos, first those of the same person; video v is of person ⌊v / perPerson⌋.
 * @throws RangeError when there are not enough
 */
export function drawVideoPairs(
  { people, perPerson }: Omit<Videos, 'frames'>,
  count: number,
  seed: number,
): VideoPair[] {
  const videos = people * perPerson;
  const all: VideoPair[] = [];
  for (let first = 0; first < videos; first++)
    for (let second = first + 1; second < videos; second++)
      all.push({ first, second, same: Math.floor(first / perPerson) === Math.floor(second / perPerson) });
  const draw = (same: boolean) => {
    const kind = all.filter((pair) => pair.same === same);
    if (kind.length < count)
      throw new RangeError(`${videos} videos have ${kind.length} such pairs, not ${count}`);
    const key = ({ first, second }: VideoPair) => hash32(seed, first, second);
    return kind.sort((p, q) => key(p) - key(q)).slice(0, count);
  };
  return [...draw(true), ...draw(false)];
}

export const fig9: Experiment = {
  name: 'fig9',
  title: 'Figure 9: histograms of frame cosines as features of video pairs',
  paper:
    'All cosines between the frames of two videos make a histogram of 100 bins; those of the same person and of different people look different, which a histogram intersection SVM uses.',
  run: async (runner) => {
    const videos = runner.pick<Videos>({
      quick: { people: 25, perPerson: 4, frames: 12 },
      full: { people: 50, perPerson: 4, frames: 30 },
    });
    const { people, perPerson, frames } = videos;
    const run = await runner.train(baselineConfig(runner), 'baseline');
    const dataset = await openDataset(
      `generated:identities=${people},samples=${perPerson * frames},seed=1,first=${generatedPeople}`,
    );
    runner.say(`frames  ${dataset.samples.length} images of ${people} people, ${perPerson} videos each`);
    const features = await runner.features(run, dataset, Uint32Array.from(dataset.samples.keys()));
    const mean = meanOf(features);
    const pairs = drawVideoPairs(videos, pairsOfEachKind, 1);
    // Samples are sorted by person, so the frames of a video are neighbours.
    const framesOf = (video: number) => Array.from({ length: frames }, (_, k) => video * frames + k);
    const cosines = pairs.map(({ first, second }) =>
      frameCosines(features, framesOf(first), framesOf(second), mean),
    );
    const histograms = cosines.map(cosineHistogram);
    const average = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
    const meanCosine = (same: boolean) =>
      average(pairs.flatMap((pair, k) => (pair.same === same ? [average(cosines[k]!)] : [])));
    return {
      text: [
        `Frames: generated faces of ${people} people who are in no training image; a "video" is ${frames} photographs of one person, drawn independently, ` +
          `${perPerson} videos each. Features: ${describeBaseline(runner)}. The mean of all frames is subtracted, then features are normalised.`,
        `${pairsOfEachKind} pairs of videos of the same person have a mean frame cosine of ${meanCosine(true).toFixed(3)}, ` +
          `${pairsOfEachKind} of different people ${meanCosine(false).toFixed(3)}.`,
      ],
      tables: [
        {
          stem: 'fig9-histograms',
          columns: ['pair', 'same', ...Array.from({ length: histogramBins }, (_, bin) => `bin${bin}`)],
          rows: histograms.map((histogram, k) => [k + 1, Number(pairs[k]!.same), ...histogram]),
        },
        {
          stem: 'fig9-cosines',
          columns: ['frame', ...Array.from({ length: frames }, (_, frame) => `frame${frame + 1}`)],
          rows: Array.from({ length: frames }, (_, row) => [
            row + 1,
            ...cosines[0]!.subarray(row * frames, (row + 1) * frames),
          ]),
        },
      ],
      figures: [
        await matrixFigure(cosines[0]!, frames),
        histogramFigure(histograms[0]!, histograms[pairsOfEachKind]!),
        await imageFigure(histograms),
      ],
    };
  },
};

function meanOf({ values, dimension }: Features): Float64Array {
  const mean = new Float64Array(dimension);
  for (let i = 0; i < values.length; i++) mean[i % dimension]! += (values[i]! * dimension) / values.length;
  return mean;
}

async function matrixFigure(cosines: Float64Array, frames: number): Promise<Figure> {
  const ends = [0.5, frames + 0.5] as const;
  // Tenths around the values, so that they use all the colours.
  const range = [
    Math.floor(10 * cosines.reduce((least, value) => Math.min(least, value))) / 10,
    Math.ceil(10 * cosines.reduce((most, value) => Math.max(most, value))) / 10,
  ] as const;
  const map = await heatMap({
    values: cosines,
    columns: frames,
    range,
    name: 'cosine',
    x: ends,
    y: [ends[1], ends[0]],
  });
  const ticks = Array.from({ length: frames }, (_, k) => k + 1).filter((k) => frames <= 12 || k % 5 === 0);
  return {
    stem: 'fig9a-cosines',
    svg: renderPlot({
      description: 'Cosines of the frames of two videos of the same person',
      legend: [map.legend],
      x: { domain: [...ends], ticks, tickFormat: String, label: 'frame of the second video' },
      y: { domain: [ends[1], ends[0]], ticks, tickFormat: String, label: 'frame of the first video' },
      plotHeight: 600,
      marks: [map.mark],
    }),
    caption: '(a) Cosines between the frames of two videos of the same person.',
  };
}

function histogramFigure(same: Float64Array, different: Float64Array): Figure {
  const kinds = [
    { name: 'same person', histogram: same },
    { name: 'different people', histogram: different },
  ];
  return {
    stem: 'fig9a-histogram',
    svg: renderPlot({
      description:
        'Histograms of frame cosines of a pair of the same person and of a pair of different people',
      legend: kinds.map(({ name }, k) => ({ name, color: seriesColor(k), box: true })),
      x: { domain: [-1, 1], label: 'cosine of two frames' },
      y: { nice: true, label: 'share of frame pairs per bin' },
      marks: kinds.map(({ histogram }, k) =>
        Plot.rect(
          Array.from(histogram, (share, bin) => ({ share, low: binStart(bin), high: binStart(bin + 1) })),
          { x1: 'low', x2: 'high', y1: 0, y2: 'share', fill: seriesColor(k), fillOpacity: 0.55 },
        ),
      ),
    }),
    caption: `(a) The matrix as a histogram of ${histogramBins} bins, and that of a pair of different people.`,
  };
}

function binStart(bin: number): number {
  return (2 * bin) / histogramBins - 1;
}

async function imageFigure(histograms: readonly Float64Array[]): Promise<Figure> {
  const rows = histograms.length;
  const map = await heatMap({
    values: histograms.flatMap((histogram) => Array.from(histogram)),
    columns: histogramBins,
    range: [0, largestShare],
    name: 'share of frame pairs',
    x: [-1, 1],
    y: [rows + 0.5, 0.5],
  });
  return {
    stem: 'fig9b',
    svg: renderPlot({
      description: 'Histograms of 100 pairs of the same person above those of 100 pairs of different people',
      legend: [map.legend],
      x: { domain: [-1, 1], label: 'cosine of two frames' },
      y: { domain: [rows + 0.5, 0.5], ticks: [1, 50, 100, 150, 200], label: 'pair of videos' },
      plotHeight: 480,
      marks: [
        map.mark,
        Plot.ruleY([rows / 2 + 0.5], { stroke: 'white', strokeWidth: 2, strokeDasharray: '8 6' }),
      ],
    }),
    caption: `(b) Histograms of ${rows} pairs of videos as rows of an image: ${rows / 2} of the same person above the dashed line, ${rows / 2} of different people below.`,
  };
}
