/** What all ranks do in one step, for a trace of them side by side. */

import { bytesSent, type Communicator } from '../../engine/distributed/communicator.ts';
import type { ExchangeTimes } from '../../engine/runtime/exchange.ts';
import { alignClocks, type ClockOffset } from './align-clocks.ts';
import { onEveryRank } from './every-rank.ts';
import type { NamedPass } from './named-pass.ts';

/** What a rank did in a step, in milliseconds of its own clock. */
export interface RankStep {
  readonly rank: number;
  readonly host: string;
  /** Steps done before it. */
  readonly step: number;
  readonly clock: ClockOffset;
  readonly began: number;
  /** All ranks had come to the step, and their labels were there. */
  readonly gathered: number;
  readonly ended: number;
  readonly exchanges: readonly ExchangeTimes[];
  /** Null where the adapter has no timestamps. */
  readonly passes: readonly NamedPass[] | null;
  /** Bytes, as `Communicator.traffic` counts them. */
  readonly sent: number;
}

/** Records one step of a training; all ranks call the same methods in the same order. */
export class StepRecorder {
  private readonly take: (ranks: readonly RankStep[]) => void;
  /** Steps done before the one that is recorded. */
  private at = Number.NaN;
  private clock: ClockOffset | undefined;
  private began = 0;
  private gathered = 0;
  private sentBefore = 0;
  private exchanges: ExchangeTimes[] = [];
  private passes: readonly NamedPass[] | null = null;

  /** @param take gets what all ranks did, on rank 0 */
  constructor(take: (ranks: readonly RankStep[]) => void) {
    this.take = take;
  }

  /**
   * Chooses the tenth step of a training that goes on after `first` of `total` steps, or its last one: the first ones are slow, since
   * kernels and files are met for the first time.
   */
  choose(first: number, total: number): void {
    this.at = Math.min(first + 9, total - 1);
  }

  /** Whether a step was recorded. */
  hasRecorded = false;

  /** Whether the step that has begun is the one that is recorded. */
  get records(): boolean {
    return this.clock !== undefined;
  }

  /** @param step steps done before this one */
  async beginStep(ranks: Communicator, step: number): Promise<void> {
    if (step !== this.at) return;
    this.clock = await alignClocks(ranks);
    this.sentBefore = bytesSent(ranks);
    this.began = performance.now();
  }

  noteGathered(): void {
    this.gathered = performance.now();
  }

  noteExchange(times: ExchangeTimes): void {
    if (this.records) this.exchanges.push(times);
  }

  notePasses(passes: readonly NamedPass[] | null): void {
    this.passes = passes;
  }

  async endStep(ranks: Communicator, host: string): Promise<void> {
    const { clock, at: step, began, gathered, exchanges, passes } = this;
    if (!clock) return;
    const ended = performance.now();
    const sent = bytesSent(ranks) - this.sentBefore;
    this.clock = undefined;
    this.at = Number.NaN;
    this.hasRecorded = true;
    const { rank } = ranks;
    const own: RankStep = { rank, host, step, clock, began, gathered, ended, exchanges, passes, sent };
    const all = await onEveryRank(ranks, () => own);
    if (rank === 0) this.take(all);
  }
}
