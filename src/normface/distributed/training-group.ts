/** What ranks that train together have to agree on beside the numbers of a step. */

import { bytesText } from '../../common/format.ts';
import { bytesSent, type Communicator } from '../../engine/distributed/communicator.ts';
import { rangeOf } from '../../engine/distributed/range.ts';
import type { ExchangeTimes } from '../../engine/runtime/exchange.ts';
import { onEveryRank } from './every-rank.ts';
import { type RankTimes, ranksLine, reportRanks } from './ranks-report.ts';
import type { StepRecorder } from './step-recorder.ts';

/** The longest that a rank that is busy alone leaves the others without a word, in milliseconds. */
const heartbeat = 10_000;

export interface TrainingGroupOptions {
  readonly host: string;
  /** How long a rank waits for the others at most, in milliseconds (default: minutes). */
  readonly patience?: number | undefined;
  /** Writes down what all ranks do in one step. */
  readonly recorder?: StepRecorder | undefined;
  readonly now?: () => number;
}

/** Where the time of a rank went since the last report, in milliseconds. */
interface Spent {
  all: number;
  /** Until the others had come to a step, and in exchanges that the GPU waited for. */
  blocked: number;
  /** Bytes, as `Communicator.traffic` counts them. */
  sent: number;
  steps: number;
}

const nothing: Spent = { all: 0, blocked: 0, sent: 0, steps: 0 };

/** What the log of a rank says of some steps: means of a step. */
export interface RankRecord {
  readonly steps: number;
  readonly computeSeconds: number;
  readonly waitingSeconds: number;
  readonly communicationSeconds: number;
  readonly sentBytes: number;
}

/** Ranks that train together: all call the same methods in the same order. */
export class TrainingGroup {
  readonly ranks: Communicator;
  /** Gets on rank 0 the lines on who was the slowest. */
  onReport: ((line: string) => void) | undefined;
  /** Steps between such reports, the same on all ranks; 0: none. */
  reportEvery = 0;
  /** Gets on every rank what became of its time, as often. */
  onRecord: ((record: RankRecord, step: number) => void) | undefined;
  readonly recorder: StepRecorder | undefined;
  private readonly options: TrainingGroupOptions;
  private readonly now: () => number;
  private spent: Spent = { ...nothing };
  private stepBegan = 0;
  private sentBefore = 0;
  /** Steps after which all stop, once one of them was asked to. */
  private stopAt = Number.POSITIVE_INFINITY;
  private wantsStop: () => boolean = () => false;

  constructor(ranks: Communicator, options: TrainingGroupOptions) {
    this.ranks = ranks;
    this.options = options;
    this.recorder = options.recorder;
    this.now = options.now ?? (() => performance.now());
  }

  /** Whether this is the one that writes what is written once. */
  get isFirst(): boolean {
    return this.ranks.rank === 0;
  }

  /** Lets this rank ask all of them to stop: what is asked before a step is done by all after the next one. */
  listen(wantsStop: () => boolean): void {
    this.wantsStop = wantsStop;
  }

  /** Whether all ranks stop after so many steps. */
  stopsAt(step: number): boolean {
    return step >= this.stopAt;
  }

  /**
   * Before a step: waits for the others, and gathers the labels of all, with whether one of them is to stop.
   *
   * @param own labels of this rank's rows of the batch
   * @param batchSize rows of all ranks
   * @param step steps done before this one
   * @returns [batchSize]
   */
  async beginStep(own: Uint32Array, rows: StepRows, step: number): Promise<Uint32Array> {
    const { ranks, recorder } = this;
    await recorder?.beginStep(ranks, step);
    this.stepBegan = this.now();
    this.sentBefore = bytesSent(ranks);
    const labels = await gatherLabels(ranks, own, rows, this.wantsStop());
    this.spent.blocked += this.now() - this.stepBegan;
    recorder?.noteGathered();
    // The step after this one may be on its way on some ranks when others hear of it.
    if (labels.isAnyMarked) this.stopAt = Math.min(this.stopAt, step + 2);
    return labels.all;
  }

  /** Of every exchange of a step: how long the GPU had to wait for it. */
  noteExchange(times: ExchangeTimes): void {
    const { read, needed, idle, done } = times;
    this.spent.blocked += Math.max(0, done - Math.max(read, needed, idle));
    this.recorder?.noteExchange(times);
  }

  /** After a step; from time to time rank 0 tells who was the slowest. @param step steps done */
  async endStep(step: number): Promise<void> {
    const { ranks, recorder, options } = this;
    this.spent.all += this.now() - this.stepBegan;
    this.spent.sent += bytesSent(ranks) - this.sentBefore;
    this.spent.steps++;
    await recorder?.endStep(ranks, options.host);
    if (this.reportEvery > 0 && step % this.reportEvery === 0) await this.report(step);
  }

  /** Tells of the steps since the last time, if there were any. @param step steps done */
  async report(step: number): Promise<void> {
    const { ranks, options } = this;
    const { all, blocked, sent, steps } = this.spent;
    if (steps === 0 || this.reportEvery === 0) return;
    this.spent = { ...nothing };
    const { host } = options;
    const times = await onEveryRank(ranks, () => ({ all, blocked, sent, host }));
    // Whom the others wait for does not wait: what it was held up for is the communication itself.
    const least = Math.min(...times.map((time) => time.blocked));
    const each = times.map(
      (time, rank): RankTimes => ({
        rank,
        host: time.host,
        compute: (time.all - time.blocked) / 1000,
        waiting: (time.blocked - least) / 1000,
        communication: least / 1000,
      }),
    );
    const { compute, waiting, communication } = each[ranks.rank]!;
    const record = {
      steps,
      computeSeconds: compute / steps,
      waitingSeconds: waiting / steps,
      communicationSeconds: communication / steps,
      sentBytes: sent / steps,
    };
    this.onRecord?.(record, step);
    if (!this.isFirst) return;
    const most = Math.max(...times.map((time) => time.sent)) / steps;
    this.onReport?.(`${ranksLine(reportRanks(each, steps))}, send ${bytesText(most)} a step`);
  }

  /**
   * Something that rank 0 does while the others wait, however long it takes. An error of it is one of all ranks.
   */
  async onFirst(action: () => Promise<void>): Promise<void> {
    const { ranks } = this;
    const { patience = Number.POSITIVE_INFINITY } = this.options;
    const state = new Int32Array(1);
    let failure: unknown;
    if (this.isFirst) {
      const done = action().then(
        () => 1,
        (error) => {
          failure = error;
          return 2;
        },
      );
      while (state[0] === 0) {
        let timer: ReturnType<typeof setTimeout> | undefined;
        const later = new Promise<number>((resolve) => {
          timer = setTimeout(() => resolve(0), Math.min(heartbeat, patience / 4));
        });
        state[0] = await Promise.race([done, later]);
        clearTimeout(timer);
        await ranks.broadcast(state);
      }
    } else while (state[0] === 0) await ranks.broadcast(state);
    if (failure) throw failure;
    if (state[0] === 2) throw new Error('rank 0 failed while the others waited for it');
  }

  /** What rank 0 makes, on all ranks; it must be the same after a way through JSON. */
  async fromFirst<T>(make: () => T): Promise<T> {
    const made = await onEveryRank(this.ranks, () => (this.isFirst ? make() : null));
    return made[0] as T;
  }
}

/** What a step is of. */
export interface StepRows {
  /** Rows of all ranks, divided as `rangeOf` does. */
  readonly batchSize: number;
  /** So many batches, one behind the other (default 1). */
  readonly batches?: number;
}

/**
 * The labels of all ranks, in one message with a mark that each may set.
 *
 * @param own those of this rank's rows of each batch
 * @returns the labels of each batch, one behind the other
 */
export async function gatherLabels(
  ranks: Communicator,
  own: Uint32Array,
  { batchSize, batches = 1 }: StepRows,
  isMarked = false,
): Promise<{ readonly all: Uint32Array; readonly isAnyMarked: boolean }> {
  const ranges = Array.from({ length: ranks.size }, (_, rank) => rangeOf(batchSize, ranks.size, rank));
  const part = new Uint32Array(own.length + 1);
  part.set(own);
  part[own.length] = isMarked ? 1 : 0;
  const gathered = new Uint32Array(batches * batchSize + ranks.size);
  await ranks.allGather(
    part,
    gathered,
    Int32Array.from(ranges, ({ count }) => batches * count + 1),
  );
  const all = new Uint32Array(batches * batchSize);
  let isAnyMarked = false;
  ranges.forEach(({ first, count }, rank) => {
    const begin = batches * first + rank;
    for (let k = 0; k < batches; k++)
      all.set(gathered.subarray(begin + k * count, begin + (k + 1) * count), k * batchSize + first);
    isAnyMarked ||= gathered[begin + batches * count] === 1;
  });
  return { all, isAnyMarked };
}
