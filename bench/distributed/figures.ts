/** What rounds of a case come to, and the table of it. */

import { bytesText, percentText, ratioText } from '../../src/common/format.ts';
import { isDistinguishable, type PairedRatio, pairedRatio } from '../../src/common/paired-ratio.ts';
import { formatTable } from '../../src/common/table.ts';
import { bytesSent, type Traffic } from '../../src/engine/distributed/communicator.ts';
import { quantile } from '../../src/inspector/timing/timing.ts';
import { type DistributedPlan, planDistributed } from '../../src/normface/distributed/plan.ts';
import { trainingSize } from '../../src/normface/distributed/training-size.ts';
import { parseConfig } from '../../src/normface/training/config/config.ts';
import type { RanksCase } from './cases.ts';
import type { RankRound } from './orders.ts';

/** A round: what each rank did, and the bytes that left the first host meanwhile, where they are counted. */
export interface RanksTiming {
  readonly milliseconds: number;
  readonly ranks: readonly RankRound[];
  readonly linkBytes: number | null;
}

/** One case. */
export interface RanksRow {
  readonly case: string;
  readonly ranks: number;
  readonly launcher: string;
  readonly steps: number;
  readonly rounds: number;
  /** Of a step. */
  readonly medianMs: number;
  readonly p10: number;
  readonly p90: number;
  /** How many times as long a step takes as with one rank, round by round, and where that lies with 95 % confidence. */
  readonly ratioToOne: number | null;
  readonly ratioInterval: PairedRatio['interval'];
  /** Bytes of a step of the rank that sends most, counted at the communicator's calls, and by operation. */
  readonly sentBytes: number;
  readonly sent: Traffic;
  /** The same as `normface distributed plan` computes it, and of that the head. */
  readonly plannedBytes: number;
  readonly plannedHeadBytes: number;
  /** Bytes of a step that left the first host. */
  readonly linkBytes: number | null;
  /** Share of the time in which gradients of the net were on their way and the GPU had work; null where none were. */
  readonly overlap: number | null;
  /** Shares of a step, means over the ranks: for other ranks, and for the communication itself, while the GPU had nothing to do. */
  readonly waiting: number | null;
  readonly communicating: number | null;
  /** Of the rank with most: memory of the process at its peak, GPU memory by the engine's count, and what the plan has of it. */
  readonly peakBytes: number | null;
  readonly modelBytes: number;
  readonly plannedMemory: number;
}

export function planOf({ config, classes, ranks }: RanksCase, gigabitsPerSecond = 1): DistributedPlan {
  return planDistributed(trainingSize(parseConfig(config), classes), {
    ...{ ranks, gigabitsPerSecond },
    latency: 0,
  });
}

export function rowOf(
  ranksCase: RanksCase,
  timings: readonly RanksTiming[],
  one: readonly RanksTiming[] | undefined,
): RanksRow {
  const { name, ranks, launcher, steps } = ranksCase;
  const planned = planOf(ranksCase);
  const times = timings.map(({ milliseconds }) => milliseconds);
  const ratio =
    one &&
    pairedRatio(
      times,
      one.map(({ milliseconds }) => milliseconds),
    );
  const all = timings.flatMap((timing) => timing.ranks);
  const most = (of: (rank: RankRound) => number) => Math.max(...all.map(of));
  const sender = all.reduce((a, b) =>
    bytesSent({ traffic: b.sent }) > bytesSent({ traffic: a.sent }) ? b : a,
  );
  const links = timings.flatMap(({ linkBytes }) => linkBytes ?? []);
  const sum = (of: (rank: RankRound) => number) => all.reduce((total, rank) => total + of(rank), 0);
  const onTheWay = sum(({ exchanged }) => exchanged);
  const share = (of: 'waitingSeconds' | 'communicationSeconds') => {
    const inAll = sum(({ times: t }) =>
      t ? t.computeSeconds + t.waitingSeconds + t.communicationSeconds : 0,
    );
    return inAll > 0 ? sum(({ times: t }) => t?.[of] ?? 0) / inAll : null;
  };
  return {
    ...{ case: name, ranks, launcher, steps, rounds: timings.length },
    medianMs: quantile(times, 0.5),
    p10: quantile(times, 0.1),
    p90: quantile(times, 0.9),
    ratioToOne: ratio?.median ?? null,
    ratioInterval: ratio?.interval ?? null,
    sentBytes: bytesSent({ traffic: sender.sent }),
    sent: sender.sent,
    plannedBytes: planned.bytes,
    plannedHeadBytes: planned.head.reduce((total, { bytes }) => total + bytes, 0),
    linkBytes: links.length > 0 ? quantile(links, 0.5) : null,
    overlap: onTheWay > 0 ? sum(({ hidden }) => hidden) / onTheWay : null,
    waiting: share('waitingSeconds'),
    communicating: share('communicationSeconds'),
    peakBytes: all.some(({ peakBytes }) => peakBytes === null) ? null : most(({ peakBytes }) => peakBytes!),
    modelBytes: most(({ modelBytes }) => modelBytes),
    plannedMemory: Object.values(planned.memory).reduce((total, bytes) => total + bytes, 0),
  };
}

export function rowsTable(rows: readonly RanksRow[], title: string): string {
  const share = (value: number | null) => (value === null ? '' : percentText(value));
  const bytes = (value: number | null) => (value === null ? '' : bytesText(value));
  return formatTable({
    title,
    columns: [
      { header: 'case' },
      { header: 'step, ms', align: 'right' },
      { header: 'p10–p90', align: 'right' },
      { header: '× 1 rank', align: 'right' },
      { header: 'sent', align: 'right' },
      { header: 'formula', align: 'right' },
      { header: 'of it', align: 'right' },
      { header: 'link', align: 'right' },
      { header: 'overlap', align: 'right' },
      { header: 'waits', align: 'right' },
      { header: 'communicates', align: 'right' },
      { header: 'peak', align: 'right' },
      { header: 'on the GPU', align: 'right' },
    ],
    rows: rows.map((row) => [
      row.case,
      row.medianMs.toFixed(0),
      `${row.p10.toFixed(0)}–${row.p90.toFixed(0)}`,
      ratioCell(row),
      bytes(row.sentBytes),
      bytes(row.plannedBytes),
      row.plannedBytes > 0 ? percentText(row.sentBytes / row.plannedBytes) : '',
      bytes(row.linkBytes),
      share(row.overlap),
      share(row.waiting),
      share(row.communicating),
      bytes(row.peakBytes),
      bytes(row.modelBytes),
    ]),
    notes: [
      'sent: bytes of a step and rank at the calls of the communicator; formula: `normface distributed plan`; link: what left the first host in a step',
      'overlap: of the time in which gradients of the net were on their way, the share in which the GPU had work',
      'waits, communicates: shares of a step in which the GPU had nothing to do, since other ranks were late, and for the messages themselves',
      'peak: memory of the process; on the GPU: model, gradients, optimiser and the outputs of layers (with a software driver it is memory of the process)',
    ],
  });
}

function ratioCell({ ratioToOne, ratioInterval }: RanksRow): string {
  if (ratioToOne === null) return '';
  if (!ratioInterval) return `${ratioText(ratioToOne)}, no interval`;
  const range = `(${ratioInterval.map(ratioText).join('–')})`;
  return isDistinguishable({ interval: ratioInterval })
    ? `${ratioText(ratioToOne)} ${range}`
    : `not distinguishable ${range}`;
}
