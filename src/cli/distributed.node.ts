/** `normface distributed plan`: bytes, memory and times of a training on several ranks. */

import { UsageError, UserError } from '../common/errors.ts';
import { bytesText, countText, durationText, percentText } from '../common/format.ts';
import { formatTable, type Table } from '../common/table.ts';
import type { CardName } from '../inspector/estimate/card-names.ts';
import { checkImages } from '../normface/distributed/launch-line.ts';
import {
  type DistributedPlan,
  efficiency,
  planDistributed,
  type Transfer,
  total,
} from '../normface/distributed/plan.ts';
import { trainingSize } from '../normface/distributed/training-size.ts';
import { netOf } from '../normface/nets/index.ts';
import type { TrainingConfig } from '../normface/training/config/config.ts';
import { resolveConfig } from '../normface/training/config/resolve-config.node.ts';
import { openTrainingData } from '../normface/training/training-data.node.ts';
import type { Context } from './context.node.ts';

interface PlanOptions {
  readonly ranks: number;
  readonly link: number;
  readonly latency: number;
  readonly net?: string;
  readonly loss?: string;
  readonly batch?: number;
  readonly classes?: number;
  readonly set: string[];
  readonly card?: CardName;
}

/** @throws UserError which says how to do without images */
async function peopleIn(config: TrainingConfig): Promise<number> {
  const { dataset } = await openTrainingData(config).catch((error) => {
    if (!(error instanceof UserError) || error instanceof UsageError) throw error;
    throw new UserError(`${error.message}; without the images, --classes says how many people there are`);
  });
  return dataset.identities.length;
}

export async function plan(context: Context, file: string | undefined, options: PlanOptions) {
  const { ranks, link, latency, net, loss, batch: batchSize, set, card } = options;
  if (link <= 0) throw new UsageError(`--link must be positive, not ${link}`);
  if (latency < 0) throw new UsageError(`--latency must not be negative, but is ${latency}`);
  const flags = {
    ...(net !== undefined && { net }),
    ...(loss !== undefined && { loss: { name: loss } }),
    ...(batchSize !== undefined && { batchSize }),
  };
  const { config } = resolveConfig({ file, flags, set });
  checkImages(ranks, config.batchSize);
  if (config.freeze?.length)
    context.warn('what is frozen is counted: its gradients, and its batch norms, which nobody sends');
  if ((config.accumulate ?? 1) > 1)
    context.warn(
      `of the ${config.accumulate} batches of a step one is counted; what the head and batch norms send is sent for each`,
    );
  const classes = options.classes ?? (await peopleIn(config));
  const cluster = { ranks, gigabitsPerSecond: link, latency: latency / 1e6 };
  const planned = planDistributed(trainingSize(config, classes), cluster);
  const title = `${netOf(config.net).name}, ${countText(classes, 'person', 'people')}, ${countText(config.batchSize, 'image')} a step on ${countText(ranks, 'rank')}, ${link} Gbit/s`;
  context.say(formatTable(transferTable(title, planned)));
  context.say();
  context.say(formatTable(memoryTable(planned)));
  const computing = card && (await computingOn(context, config, { people: classes, ranks, card }));
  const projected = computing && { ...computing, ...efficiency(planned, computing.seconds) };
  if (projected) {
    context.say();
    context.say(
      `computing about ${durationText(1e6 * projected.seconds)} a step on ${projected.card} at best: efficiency ${percentText(projected.withoutOverlap)} one after the other, ${percentText(projected.withOverlap)} with the gradients of the net sent during the reverse pass`,
    );
  }
  return { event: 'plan', ...planned, link, latency, ...(projected && { projected }) };
}

/** A model's estimate of a step of one rank: its images, and its classes with the images of all. */
async function computingOn(
  context: Context,
  config: TrainingConfig,
  size: { people: number; ranks: number; card: CardName },
): Promise<{ card: string; seconds: number }> {
  const { estimatedTraining } = await import('./profile.node.ts');
  const { stepMicroseconds, adapter } = await estimatedTraining(context, config, size);
  return { card: adapter, seconds: stepMicroseconds / 1e6 };
}

function transferTable(
  title: string,
  { net, norms, head, auxiliary, headDataParallel, bytes, seconds }: DistributedPlan,
): Table {
  const row = ({ what, ...sent }: Transfer) => [
    what,
    bytesText(sent.bytes),
    durationText(1e6 * sent.seconds),
  ];
  const instead = row(headDataParallel[0]!);
  return {
    title,
    columns: [
      { header: 'a step' },
      { header: 'sent by each rank', align: 'right' },
      { header: 'time', align: 'right' },
    ],
    rows: [
      ...net.map(row),
      ...norms.map(row),
      ...head.map(row),
      ...auxiliary.map(row),
      ['together', bytesText(bytes), durationText(1e6 * seconds)],
      ['of it the head', bytesText(total(head, 'bytes')), durationText(1e6 * total(head, 'seconds'))],
      [`instead of the head: ${instead[0]}`, ...instead.slice(1)],
    ],
    notes: [
      'bytes as ring algorithms send them (Patarasuk and Yuan 2009); the class matrix is split by rows (Partial FC, arXiv 2010.05222)',
      'time: bytes at the link and the latency of each hop, one after the other; nothing is measured',
    ],
  };
}

function memoryTable({ memory, classesPerRank, imagesPerRank, wholeMatrix }: DistributedPlan): Table {
  const labels: Readonly<Record<keyof typeof memory, string>> = {
    parameters: 'net and own rows of the class matrices',
    gradients: 'their gradients',
    optimiser: 'optimiser',
    features: 'features of all ranks, and their gradients',
    scores: 'scores of a window of classes',
  };
  const keys = Object.keys(labels) as (keyof typeof memory)[];
  const sum = keys.reduce((bytes, key) => bytes + memory[key], 0);
  return {
    columns: [{ header: 'memory of a rank' }, { header: 'bytes', align: 'right' }],
    rows: [
      ...keys.map((key) => [labels[key], bytesText(memory[key])]),
      ['together', bytesText(sum)],
      ['with the class matrices on every rank they alone would take', bytesText(wholeMatrix)],
    ],
    notes: [
      `${countText(classesPerRank, 'row')} of the class matrix and ${imagesPerRank.toFixed(0)} images a rank; outputs of layers are not counted: \`normface train --dry-run\` names them`,
    ],
  };
}
