/** A step of several ranks as Chrome trace JSON: a process for each rank, all on the clock of rank 0. */

import { bytesText } from '../../common/format.ts';
import { onGrid, type Trace, type TraceEvent } from '../../common/trace-events.ts';
import type { RankStep } from './step-recorder.ts';

/** What a rank does side by side, each a thread of the trace. */
export const lanes = ['step', 'GPU', 'read back', 'between the ranks', 'upload', 'waiting'] as const;
export type Lane = (typeof lanes)[number];

/** Something that a rank did: milliseconds since the first rank came to the step. */
export interface Span {
  readonly lane: Lane;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly args?: Readonly<Record<string, string | number>>;
}

/** What each rank did, by rank. */
export function spansOf(steps: readonly RankStep[]): Span[][] {
  const origin = Math.min(...steps.map(({ began, clock }) => began + clock.offset));
  return steps.map((step) => {
    const onFirst = (moment: number) => moment + step.clock.offset;
    const at = (moment: number) => onFirst(moment) - origin;
    const span = (lane: Lane, name: string, from: number, to: number, args?: Span['args']): Span => ({
      ...{ lane, name, from: at(from), to: at(to) },
      ...(args && { args }),
    });
    const { began, gathered, ended, exchanges, passes } = step;
    return [
      span('step', `step ${step.step + 1}`, began, ended, { 'bytes sent': step.sent }),
      span('between the ranks', 'labels', began, gathered),
      span('waiting', 'for the ranks', began, gathered),
      ...(passes ?? []).map(({ name, kind, began: from, ended: to, first, end }) =>
        span('GPU', name, from, to, { kind, dispatches: `${first} to ${end - 1}` }),
      ),
      ...exchanges.flatMap((exchange, i) => {
        const { name, begin, bytes, read, started, done, needed, idle, written } = exchange;
        // Without timestamps nobody knows when the GPU had it ready.
        const made = passes?.findLast((pass) => pass.end === begin)?.ended;
        const args = { bytes, size: bytesText(bytes) };
        return [
          ...(made === undefined ? [] : [span('read back', name, made, read, args)]),
          span('between the ranks', name, started, done, {
            ...args,
            ...lastToCome(steps, i, onFirst(started)),
          }),
          span('upload', name, Math.max(done, needed), written, args),
          ...(written > idle ? [span('waiting', `for ${name}`, idle, written)] : []),
        ];
      }),
    ].filter(({ from, to }) => to >= from);
  });
}

/** The rank that came last to an exchange, and how long after another one: the rest of the time it was on its way. */
function lastToCome(steps: readonly RankStep[], exchange: number, own: number): Span['args'] {
  const moments = steps.map(({ exchanges, clock }) => exchanges[exchange]!.started + clock.offset);
  const last = moments.indexOf(Math.max(...moments));
  return { 'last to come': `rank ${last}`, 'came later by ms': Number((moments[last]! - own).toFixed(3)) };
}

/** One file for all ranks. */
export function traceOfRanks(steps: readonly RankStep[]): Trace {
  const clocks = steps.map(
    ({ rank, clock }) =>
      `rank ${rank}: ${clock.offset.toFixed(3)} ms, give or take ${clock.uncertainty.toFixed(3)} ms`,
  );
  const untimed = steps.flatMap(({ rank, passes }) => (passes ? [] : [rank]));
  return {
    displayTimeUnit: 'ms',
    otherData: {
      title: `step ${steps[0]!.step + 1} of ${steps.length} ranks`,
      'added to the clock of each rank': clocks.join('; '),
      ...(untimed.length > 0 && {
        'no passes of the GPU': `the adapters of the ranks ${untimed.join(', ')} have no timestamps`,
      }),
    },
    traceEvents: spansOf(steps).flatMap((spans, rank) => eventsOf(spans, rank, steps[rank]!.host)),
  };
}

/** Spans of a lane that overlap go to threads of their own: a thread can show only one inside of another. */
function eventsOf(spans: readonly Span[], rank: number, host: string): TraceEvent[] {
  const meta = (what: string, tid: number, args: TraceEvent['args']): TraceEvent => ({
    ...{ name: what, ph: 'M', pid: rank, tid },
    args,
  });
  const events = [
    meta('process_name', 0, { name: `rank ${rank} on ${host}` }),
    meta('process_sort_index', 0, { sort_index: rank }),
  ];
  let tid = 0;
  for (const lane of lanes) {
    const ends: number[] = [];
    const first = tid + 1;
    const sorted = spans.filter((span) => span.lane === lane).sort((a, b) => a.from - b.from);
    for (const { name, from, to, args = {} } of sorted) {
      const ts = onGrid(1000 * from);
      const end = onGrid(1000 * to);
      const free = ends.findIndex((before) => before <= ts);
      const thread = free < 0 ? ends.length : free;
      ends[thread] = end;
      events.push({ name, cat: lane, ph: 'X', pid: rank, tid: first + thread, ts, dur: end - ts, args });
    }
    ends.forEach((_, thread) => {
      tid = first + thread;
      events.push(meta('thread_name', tid, { name: thread === 0 ? lane : `${lane}, ${thread + 1}` }));
      events.push(meta('thread_sort_index', tid, { sort_index: tid }));
    });
  }
  return events;
}
