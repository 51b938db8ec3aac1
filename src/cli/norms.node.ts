/** `normface norms`: does the length of a feature say how good an image is? */

import { UsageError } from '../common/errors.ts';
import { grouped, signedText } from '../common/format.ts';
import type { MeanTest } from '../common/statistics.ts';
import { formatTable, type Table } from '../common/table.ts';
import type { Dataset } from '../normface/data/dataset.ts';
import { generatedDataset } from '../normface/data/generated-dataset.ts';
import {
  type CourseName,
  type QualityCourse,
  type QualitySet,
  qualitySet,
} from '../normface/data/quality-courses.ts';
import { type NormQuality, normsByCourse } from '../normface/evaluation/norm-quality.ts';
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

export async function norms(context: Context, named: string, options: NormsOptions) {
  const { people, samples, seed, batch } = options;
  if (people * samples > mostPictures)
    throw new UsageError(
      `--people ${people} of --samples ${samples} pictures are more than ${grouped(mostPictures)} pictures`,
    );
  const weightsFile = findWeights(named);
  const spec = { identities: people, samples, seed };
  let set: QualitySet | undefined;
  const device = await context.openDevice();
  // Which levels there are the net's width decides.
  const sharp = generatedDataset(spec);
  const features = await embedImages(context, device, weightsFile, sharp, allOf(sharp), {
    merge: 'front',
    batch,
    prepare: async ({ width }) => {
      set = qualitySet(spec, width);
      return { dataset: set.dataset, indices: allOf(set.dataset) };
    },
  });
  const { courses } = set!;
  const judged = normsByCourse(features, set!);
  const told = (name: CourseName) => {
    context.say(formatTable(tableOf(courses[name], judged[name])));
    return { levels: courses[name].levels, ...judged[name] };
  };
  const results = { blur: told('blur'), detail: told('detail') };
  return { checkpoint: weightsFile, people, samples, seed, ...results };
}

const allOf = ({ samples }: Dataset): Uint32Array => Uint32Array.from(samples.keys());

function tableOf(
  { title, unit, levels }: QualityCourse,
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

const signed = (value: number): string => signedText(value, 3);

function withInterval({ mean, interval }: MeanTest): string {
  return interval ? `${signed(mean)} (${signed(interval[0])} to ${signed(interval[1])})` : signed(mean);
}
