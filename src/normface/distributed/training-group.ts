/** What ranks that train together have to agree on beside the numbers of a step. */

import type { Communicator } from '../../engine/distributed/communicator.ts';
import type { ExchangeTimes } from '../../engine/runtime/exchange.ts';
import { onEveryRank } from './every-rank.ts';
import { type RankTimes, ranksLine, reportRanks } from './ranks-report.ts';

/** How often a rank that is busy alone tells the others, whose patience has an end, in milliseconds. */
const heartbeat = 10_000;

export interface TrainingGroupOptions {
  readonly host: string;
  readonly now?: () => number;
}

/** Where the time of a rank went since the last report, in milliseconds. */
interface Spent {
  all: number;
  /** Until the others had come to a step, and in exchanges that the GPU waited for. */
  blocked: number;
  steps: number;
}

/** Ranks that train together: all call the same methods in the same order. */
export class TrainingGroup {
  readonly ranks: Communicator;
  /** Gets on rank 0 the lines on who was the slowest. */
  onReport: ((line: string) => void) | undefined;
  /** Steps between these lines, the same on all ranks; 0: none. */
  reportEvery = 0;
  private readonly options: TrainingGroupOptions;
  private readonly now: () => number;
  private spent: Spent = { all: 0, blocked: 0, steps: 0 };
  private stepBegan = 0;
  /** Steps after which all stop, once one of them was asked to. */
  private stopAt = Number.POSITIVE_INFINITY;
  private wantsStop: () => boolean = () => false;

  constructor(ranks: Communicator, options: TrainingGroupOptions) {
    this.ranks = ranks;
    this.options = options;
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

  /** Before a step: waits for the others, and asks whether one of them is to stop. @param step steps done before this one */
  async beginStep(step: number): Promise<void> {
    this.stepBegan = this.now();
    const stop = Int32Array.of(this.wantsStop() ? 1 : 0);
    await this.ranks.allReduce(stop, 'max');
    this.spent.blocked += this.now() - this.stepBegan;
    // The step after this one may be on its way on some ranks when others hear of it.
    if (stop[0] === 1) this.stopAt = Math.min(this.stopAt, step + 2);
  }

  /** Of every exchange of a step: how long the GPU had to wait for it. */
  noteExchange({ read, needed, done }: ExchangeTimes): void {
    this.spent.blocked += Math.max(0, done - Math.max(read, needed));
  }

  /** After a step; from time to time rank 0 tells who was the slowest. @param step steps done */
  async endStep(step: number): Promise<void> {
    this.spent.all += this.now() - this.stepBegan;
    this.spent.steps++;
    if (this.reportEvery === 0 || step % this.reportEvery !== 0) return;
    const { all, blocked, steps } = this.spent;
    this.spent = { all: 0, blocked: 0, steps: 0 };
    const { host } = this.options;
    const times = await onEveryRank(this.ranks, () => ({ all, blocked, host }));
    // Whom the others wait for does not wait: what it was held up for is the communication itself.
    const least = Math.min(...times.map((time) => time.blocked));
    const ranks = times.map(
      (time, rank): RankTimes => ({
        rank,
        host: time.host,
        compute: (time.all - time.blocked) / 1000,
        waiting: (time.blocked - least) / 1000,
        communication: least / 1000,
      }),
    );
    if (this.isFirst) this.onReport?.(ranksLine(reportRanks(ranks, steps)));
  }

  /**
   * Something that rank 0 does while the others wait, however long it takes. An error of it is one of all ranks.
   */
  async onFirst(action: () => Promise<void>): Promise<void> {
    const { ranks } = this;
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
          timer = setTimeout(() => resolve(0), heartbeat);
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
