/** A profile as Chrome trace JSON: ui.perfetto.dev and chrome://tracing open it. */

import { bytesText, flopsText, shapeText, significant } from '../../common/format.ts';
import { onGrid, type Trace, type TraceEvent } from '../../common/trace-events.ts';
import { passText } from '../../engine/runtime/prepared.ts';
import { liveBytes } from './live-bytes.ts';
import type { StepProfile } from './profile.ts';
import { type DispatchRow, type OperatorCall, summarise } from './summary.ts';

const pid = 1;
const operatorsThread = 1;
const dispatchesThread = 2;

/**
 * The medians of the dispatches laid end to end, with the operator calls that they belong to on a thread above and the live
 * bytes of intermediates as a counter.
 */
export function traceOf(profile: StepProfile): Trace {
  const { calls, dispatches } = summarise(profile);
  const live = liveBytes(profile.memory);
  const name = (what: string, text: string, tid: number): TraceEvent => ({
    name: what,
    ph: 'M',
    pid,
    tid,
    args: { name: text },
  });
  const sorted = (tid: number): TraceEvent => ({
    name: 'thread_sort_index',
    ph: 'M',
    pid,
    tid,
    args: { sort_index: tid },
  });
  return {
    displayTimeUnit: 'ms',
    otherData: { title: profile.title, adapter: profile.adapter, timer: profile.timer },
    traceEvents: [
      name('process_name', profile.title, operatorsThread),
      name('thread_name', 'operators', operatorsThread),
      name('thread_name', 'dispatches', dispatchesThread),
      sorted(operatorsThread),
      sorted(dispatchesThread),
      ...calls.map(operatorEvent),
      ...dispatches.map(dispatchEvent),
      ...dispatches.map(
        ({ begin, dispatch }): TraceEvent => ({
          name: 'live intermediates',
          ph: 'C',
          pid,
          tid: dispatchesThread,
          ts: onGrid(begin),
          args: { MiB: (live[dispatch.index] ?? 0) / 2 ** 20 },
        }),
      ),
    ],
  };
}

/** From the begin of the first dispatch to the end of the last. */
function span(first: DispatchRow, last = first): { ts: number; dur: number } {
  const ts = onGrid(first.begin);
  return { ts, dur: onGrid(last.begin + last.microseconds) - ts };
}

function operatorEvent(call: OperatorCall): TraceEvent {
  const { dispatches } = call;
  const sum = (key: 'flops' | 'bytes') => dispatches.reduce((total, row) => total + row[key], 0);
  return {
    name: passText(call),
    cat: 'operator',
    ph: 'X',
    pid,
    tid: operatorsThread,
    ...span(dispatches[0]!, dispatches.at(-1)),
    args: { dispatches: dispatches.length, FLOP: sum('flops'), bytes: sum('bytes') },
  };
}

function dispatchEvent(row: DispatchRow): TraceEvent {
  const { index, kernel, choice, constants, conditions, grid, bindings } = row.dispatch;
  const shapes = bindings.map(({ name, shape, dtype, writable }) => [
    `${writable ? 'writes' : 'reads'} ${name}`,
    `${dtype} ${shapeText(shape)}`,
  ]);
  return {
    name: kernel,
    cat: 'dispatch',
    ph: 'X',
    pid,
    tid: dispatchesThread,
    ...span(row),
    args: {
      dispatch: index,
      operator: passText(row),
      FLOP: row.flops,
      bytes: row.bytes,
      work: `${flopsText(row.flops)}, ${bytesText(row.bytes)}`,
      'GFLOP/s': Number(significant(row.gflops).replaceAll(',', '')),
      'GB/s': Number(significant(row.gigabytesPerSecond).replaceAll(',', '')),
      'bound by': row.by ?? 'nothing',
      'share of roofline': Math.round(1e3 * row.share) / 1e3,
      ...(choice && { variant: choice.variant, why: choice.reason }),
      grid: grid.join(' × '),
      ...Object.fromEntries(shapes),
      constants: Object.entries(constants)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
      conditions: conditions.join(', '),
    },
  };
}
