/**
 * What a training on several ranks sends, holds and takes, by arithmetic. Nothing is measured: the counts are those of ring algorithms
 * (Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of workstations", Journal of Parallel and Distributed
 * Computing 69 (2009), section 3), the head by classes is that of Partial FC (arXiv 2010.05222, arXiv 2203.15565).
 */

import { ringBytes } from '../../engine/distributed/communicator.ts';
import { type ClassRows, classRows } from './class-matrix.ts';
import { dividesClasses, headTraffic, type PlannedLoss, type Sent } from './head-traffic.ts';

/** What is trained, in numbers. */
export interface TrainingSize {
  /** Numbers that the net learns, without the class matrix. */
  readonly netParameters: number;
  /** Rows of the class matrix. */
  readonly classes: number;
  /** Numbers of a feature. */
  readonly featureSize: number;
  /** Images of all ranks in a step. */
  readonly batchSize: number;
  /** Numbers that the optimiser keeps for each parameter: 1 for momentum, 2 for Adam. */
  readonly optimiserStates: number;
  /** Default: normface. */
  readonly loss?: PlannedLoss;
  readonly auxiliaryLoss?: PlannedLoss | undefined;
  /** Bytes of a number of the net's gradients on its way: 4 (default), or 2. */
  readonly gradientBytes?: number;
  /** Whether gradients are clipped by the norm of all of them. */
  readonly clips?: boolean;
  /** Channels of each batch norm that takes the statistics of all ranks. Default: none does. */
  readonly sharedNorms?: readonly number[];
}

export interface Cluster {
  readonly ranks: number;
  /** Bandwidth of one rank's way to the others, in gigabits (10⁹) a second. */
  readonly gigabitsPerSecond: number;
  /** Seconds of a message over it. */
  readonly latency: number;
}

/** One collective of a step. */
export interface Transfer {
  readonly what: string;
  /** Bytes that each rank sends. */
  readonly bytes: number;
  /** Seconds: bytes at the link, and the latency of each hop of the ring. */
  readonly seconds: number;
}

/** Bytes that a rank holds, of 32-bit numbers; outputs of layers are not in it. */
export interface RankMemory {
  /** Net and own rows of the class matrices; with class sampling also a copy of those that a step draws. */
  readonly parameters: number;
  readonly gradients: number;
  readonly optimiser: number;
  /** Features of all ranks and their gradients. */
  readonly features: number;
  /** Scores of a window of classes, of one loss after the other. */
  readonly scores: number;
}

export interface DistributedPlan {
  readonly ranks: number;
  /** Largest number of rows of the class matrix that a rank has; 0 of losses without one. */
  readonly classesPerRank: number;
  readonly imagesPerRank: number;
  readonly net: readonly Transfer[];
  /** Of batch norms that take the statistics of all ranks. */
  readonly norms: readonly Transfer[];
  readonly head: readonly Transfer[];
  /** Of an auxiliary loss, if there is one. */
  readonly auxiliary: readonly Transfer[];
  /** In the place of `head`, were the class matrix on every rank. */
  readonly headDataParallel: readonly Transfer[];
  readonly memory: RankMemory;
  /** The class matrices with gradients and optimiser, were all of them on every rank and no class drawn. */
  readonly wholeMatrix: number;
  /** Of a step, with the head by classes. */
  readonly bytes: number;
  readonly seconds: number;
}

/** Bytes of a number. */
const f32 = 4;

/** Scores of a window of classes take so many bytes on GPUs. */
const windowBytes = 16 * 2 ** 20;

/** Plans a step. @throws RangeError where a number is not positive */
export function planDistributed(size: TrainingSize, cluster: Cluster): DistributedPlan {
  const { netParameters, classes, featureSize, batchSize, optimiserStates } = size;
  const { loss = { name: 'normface' }, auxiliaryLoss, gradientBytes = f32, clips = false } = size;
  const { sharedNorms = [] } = size;
  const { ranks } = cluster;
  const numbers = { netParameters, classes, featureSize, batchSize, optimiserStates };
  for (const [name, value] of Object.entries({ ...numbers, ...cluster }))
    if (
      !(value >= 0) ||
      (['ranks', 'classes', 'batchSize', 'gigabitsPerSecond'].includes(name) && value === 0)
    )
      throw new RangeError(`${name} must be positive, not ${value}`);
  const send = ({ what, collective, numbers, times = 1 }: Sent, bytesEach = f32): Transfer => {
    const bytes = ringBytes(collective, bytesEach * numbers, ranks);
    const hops = times * (collective === 'allReduce' ? 2 : 1) * (ranks - 1);
    return { what, bytes, seconds: bytes / (1.25e8 * cluster.gigabitsPerSecond) + hops * cluster.latency };
  };
  const reduced = (what: string, numbers: number, times = 1): Sent => ({
    what: `${what}: all-reduce`,
    collective: 'allReduce',
    ...{ numbers, times },
  });
  const isDivided = dividesClasses(loss) || (auxiliaryLoss !== undefined && dividesClasses(auxiliaryLoss));
  const net = [
    send(reduced('gradients of the net', netParameters), gradientBytes),
    // Two numbers of 64 bits.
    ...(clips && isDivided ? [send(reduced('squares of the gradients', 4))] : []),
  ];
  const channels = sharedNorms.reduce((sum, count) => sum + count, 0);
  // As src/engine/ops/norm/batch_norm_ranks.ts: numbers of 64 bits.
  const norms =
    channels === 0
      ? []
      : [
          // Sums with the number of rows, then squared deviations from the mean of all.
          send(
            reduced(
              'statistics of the batch norms',
              2 * (2 * channels + sharedNorms.length),
              2 * sharedNorms.length,
            ),
          ),
          send(reduced('gradients of the batch norms', 2 * 2 * channels, sharedNorms.length)),
        ];
  const head = [
    // With a word of each rank that says whether to stop.
    send({ what: 'labels: all-gather', collective: 'allGather', numbers: batchSize + ranks }),
    ...headTraffic(loss, batchSize, featureSize).map((sent) => send(sent)),
  ];
  const auxiliary = auxiliaryLoss
    ? headTraffic(auxiliaryLoss, batchSize, featureSize)
        // Both take the features as the net gives them.
        .filter(({ collective }) => collective !== 'allGather' || loss.dropout || auxiliaryLoss.dropout)
        .map((sent) => send({ ...sent, what: `auxiliary loss, ${sent.what}` }))
    : [];
  const losses = [loss, ...(auxiliaryLoss ? [auxiliaryLoss] : [])];
  const rowsOn = (count: number, used: readonly PlannedLoss[] = losses) =>
    used.map((one) => classRows(one, { classes, images: batchSize, ranks: count }));
  const numbersOf = (rows: readonly ClassRows[], key: keyof ClassRows) =>
    featureSize * rows.reduce((sum, one) => sum + one[key], 0);
  const own = rowsOn(ranks);
  const trained = netParameters + numbersOf(own, 'trained');
  const moved = numbersOf(own, 'moved');
  // On every rank, and without sampling.
  const whole = rowsOn(
    1,
    losses.map(({ name }) => ({ name })),
  );
  const matrix = numbersOf(whole.slice(0, 1), 'withGradient');
  const sent = [...net, ...norms, ...head, ...auxiliary];
  return {
    ranks,
    classesPerRank: own[0]!.classes,
    imagesPerRank: batchSize / ranks,
    net,
    norms,
    head,
    auxiliary,
    headDataParallel: [send(reduced('gradients of the class matrix', matrix))],
    memory: {
      parameters: f32 * (trained + moved),
      gradients: f32 * (netParameters + numbersOf(own, 'withGradient')),
      optimiser: f32 * optimiserStates * trained,
      features: 2 * f32 * batchSize * featureSize,
      scores: Math.min(windowBytes, f32 * batchSize * Math.max(...own.map(({ inUse }) => inUse))),
    },
    wholeMatrix: f32 * ((2 + optimiserStates) * numbersOf(whole, 'trained') + numbersOf(whole, 'moved')),
    bytes: total(sent, 'bytes'),
    seconds: total(sent, 'seconds'),
  };
}

export function total(transfers: readonly Transfer[], key: 'bytes' | 'seconds'): number {
  return transfers.reduce((sum, transfer) => sum + transfer[key], 0);
}

/** How far a step gets on ranks of which each computes for so many seconds. */
export interface Efficiency {
  /** Share of the step in which ranks compute where nothing overlaps, and where the net's gradients go while others are computed. */
  readonly withoutOverlap: number;
  readonly withOverlap: number;
}

/**
 * Projected efficiency: compute over the step's whole time. Gradients of the net can travel during the reverse pass, which is two
 * thirds of the arithmetic of a step; the collectives of the head lie between the two passes and cannot, nor can those of batch norms, which the next layer waits for.
 */
export function efficiency(plan: DistributedPlan, computeSeconds: number): Efficiency {
  const overNet = total(plan.net, 'seconds');
  const waited = total([...plan.norms, ...plan.head, ...plan.auxiliary], 'seconds');
  const left = Math.max(0, overNet - (2 / 3) * computeSeconds);
  return {
    withoutOverlap: computeSeconds / (computeSeconds + overNet + waited),
    withOverlap: computeSeconds / (computeSeconds + left + waited),
  };
}
