/** `normface norms`: does the length of a feature say how good an image is? */

import type { MeanTest } from '../common/statistics.ts';
import { formatTable, type Table } from '../common/table.ts';
import type { Dataset } from '../normface/data/dataset.ts';
import { generatedDataset } from '../normface/data/generated-dataset.ts';
import { checkFeatures, checkLengths } from '../normface/evaluation/features.ts';
import { type NormQuality, normQuality } from '../normface/evaluation/norm-quality.ts';
import { findWeights } from '../normface/training/checkpoint/checkpoint.node.ts';
import type { Context } from './context.node.ts';
import { embedImages } from './embed-images.node.ts';

interface NormsOptions {
  readonly people: number;
  readonly samples: number;
  readonly seed: number;
  readonly batch: number;
}

/** From the best quality to the worst. */
const courses = {
  blur: { levels: [0, 10, 20, 40, 60, 100], unit: '‰ of the width', other: {} },
  // As sharp as they are drawn; the widest crops of the nets here are 128 pixels wide.
  detail: { levels: [128, 48, 32, 24, 16, 12], unit: 'pixels', other: { blur: 0 } },
} as const;

type Course = keyof typeof courses;
interface CourseResult extends NormQuality {
  readonly levels: readonly number[];
}
const courseNames = Object.keys(courses) as Course[];

export async function norms(context: Context, named: string, options: NormsOptions) {
  const weightsFile = findWeights(named);
  const { people, samples, seed, batch } = options;
  const parts = courseNames.flatMap((course) =>
    courses[course].levels.map((level) =>
      generatedDataset({ identities: people, samples, seed, ...courses[course].other, [course]: level }),
    ),
  );
  const dataset = joined(parts);
  const device = await context.openDevice();
  const all = Uint32Array.from(dataset.samples.keys());
  const features = await embedImages(context, device, weightsFile, dataset, all, { merge: 'front', batch });
  checkFeatures(features);
  checkLengths(features);
  const { values, dimension } = features;
  const lengths = Array.from(all, (row) =>
    Math.hypot(...values.subarray(row * dimension, (row + 1) * dimension)),
  );
  const perLevel = people * samples;
  const owners = parts[0]!.samples.map(({ identity }) => identity);
  let first = 0;
  const result = {} as Record<Course, CourseResult>;
  for (const course of courseNames) {
    const { levels } = courses[course];
    const byLevel = levels.map((_, k) => lengths.slice((first + k) * perLevel, (first + k + 1) * perLevel));
    first += levels.length;
    result[course] = { levels, ...normQuality(byLevel, owners) };
  }
  for (const course of courseNames) context.say(formatTable(tableOf(course, result[course])));
  return { checkpoint: weightsFile, people, samples, seed, ...result };
}

/** All samples of several data sets of the same people. */
function joined(parts: readonly Dataset[]): Dataset {
  const [first] = parts;
  return { ...first!, samples: parts.flatMap(({ samples }) => samples) };
}

const titles: Readonly<Record<Course, string>> = {
  blur: 'Log length of the features by blur',
  detail: 'Log length of the features by resolution',
};

function tableOf(course: Course, { levels, means, differences, correlation }: CourseResult): Table {
  const right = (header: string) => ({ header, align: 'right' as const });
  return {
    title: titles[course],
    columns: [right(courses[course].unit), right('mean'), right('to the best (95 %)')],
    rows: levels.map((level, k) => {
      const difference = differences[k];
      return [String(level), means[k]!.toFixed(3), difference ? withInterval(difference) : ''];
    }),
    notes: [
      `within a picture, correlation with quality ${withInterval(correlation)}: ${verdict(correlation)}`,
    ],
  };
}

function verdict({ interval, mean }: MeanTest): string {
  if (!interval || (interval[0] <= 0 && interval[1] >= 0)) return 'lengths say nothing of it';
  return mean > 0 ? 'better pictures have longer features' : 'better pictures have shorter features';
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;

function withInterval({ mean, interval }: MeanTest): string {
  return interval ? `${signed(mean)} (${signed(interval[0])} to ${signed(interval[1])})` : signed(mean);
}
