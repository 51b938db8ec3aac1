/** `normface norms`: does the length of a feature say how good an image is? */

import { UsageError } from '../common/errors.ts';
import { grouped } from '../common/format.ts';
import type { MeanTest } from '../common/statistics.ts';
import { formatTable, type Table } from '../common/table.ts';
import type { Dataset } from '../normface/data/dataset.ts';
import { generatedDataset } from '../normface/data/generated-dataset.ts';
import { checkFeatures, checkLengths, type Features } from '../normface/evaluation/features.ts';
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

/** Each is drawn and embedded twelve times. */
const mostPictures = 100_000;

/** What is wrong with a picture, from the best quality to the worst. */
interface Course {
  readonly title: string;
  readonly unit: string;
  readonly levels: readonly number[];
  /** How pictures of a level are drawn. */
  readonly quality: (level: number) => { readonly blur: number; readonly detail?: number };
}

/** @param width of the images that the net takes */
const coursesOf = (width: number) =>
  ({
    blur: {
      title: 'Log length of the features by blur',
      unit: '‰ of the width',
      levels: [0, 10, 20, 40, 60, 100],
      quality: (blur) => ({ blur }),
    },
    detail: {
      title: 'Log length of the features by resolution',
      unit: 'pixels wide',
      levels: [1, 3 / 4, 1 / 2, 3 / 8, 1 / 4, 1 / 6].map((share) => Math.max(1, Math.round(share * width))),
      quality: (detail) => ({ blur: 0, detail }),
    },
  }) satisfies Record<string, Course>;

type CourseName = keyof ReturnType<typeof coursesOf>;

export async function norms(context: Context, named: string, options: NormsOptions) {
  const { people, samples, seed, batch } = options;
  if (people * samples > mostPictures)
    throw new UsageError(
      `--people ${people} of --samples ${samples} pictures are more than ${grouped(mostPictures)} pictures`,
    );
  const weightsFile = findWeights(named);
  const pictures = (quality: object) => generatedDataset({ identities: people, samples, seed, ...quality });
  const sharp = pictures({ blur: 0 });
  let courses: ReturnType<typeof coursesOf> | undefined;
  const device = await context.openDevice();
  const all = Uint32Array.from(sharp.samples.keys());
  const features = await embedImages(context, device, weightsFile, sharp, all, {
    merge: 'front',
    batch,
    prepare: async ({ width }) => {
      courses = coursesOf(width);
      const dataset = joined(
        Object.values(courses).flatMap(({ levels, quality }) =>
          levels.map((level) => pictures(quality(level))),
        ),
      );
      return { dataset, indices: Uint32Array.from(dataset.samples.keys()) };
    },
  });
  checkFeatures(features);
  checkLengths(features);
  const lengths = lengthsOf(features);
  const owners = sharp.samples.map(({ identity }) => identity);
  let first = 0;
  const judged = ({ title, unit, levels }: Course) => {
    const byLevel = levels.map((_, k) =>
      lengths.slice(first + k * owners.length, first + (k + 1) * owners.length),
    );
    first += levels.length * owners.length;
    const quality = normQuality(byLevel, owners);
    context.say(formatTable(tableOf({ title, unit, levels }, quality)));
    return { levels, ...quality };
  };
  const results = Object.fromEntries(
    Object.entries(courses!).map(([name, course]) => [name, judged(course)]),
  ) as Record<CourseName, ReturnType<typeof judged>>;
  return { checkpoint: weightsFile, people, samples, seed, ...results };
}

/** All samples of several data sets of the same people. */
function joined(parts: readonly Dataset[]): Dataset {
  return { ...parts[0]!, samples: parts.flatMap(({ samples }) => samples) };
}

/** ‖f‖ of every feature. */
function lengthsOf({ values, dimension }: Features): number[] {
  return Array.from({ length: values.length / dimension }, (_, row) =>
    Math.hypot(...values.subarray(row * dimension, (row + 1) * dimension)),
  );
}

function tableOf(
  { title, unit, levels }: Pick<Course, 'title' | 'unit' | 'levels'>,
  { means, differences, correlation }: NormQuality,
): Table {
  const right = (header: string) => ({ header, align: 'right' as const });
  return {
    title,
    columns: [right(unit), right('mean'), right('to the best (95 %)')],
    rows: levels.map((level, k) => {
      const difference = differences[k];
      return [String(level), means[k]!.toFixed(3), difference ? withInterval(difference) : ''];
    }),
    notes: [
      `correlation with quality within a picture ${withInterval(correlation)}: ${verdict(correlation)}`,
    ],
  };
}

function verdict({ interval, mean }: MeanTest): string {
  if (!interval || (interval[0] <= 0 && interval[1] >= 0)) return 'none is shown';
  return mean > 0 ? 'better pictures have longer features' : 'better pictures have shorter features';
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;

function withInterval({ mean, interval }: MeanTest): string {
  return interval ? `${signed(mean)} (${signed(interval[0])} to ${signed(interval[1])})` : signed(mean);
}
