/** What the ranks did in a step, on one axis of time. */

import * as Plot from '@observablehq/plot';
import { renderPlot, seriesColor } from '../../src/common/plot-frame.node.ts';
import { type Lane, spansOf } from '../../src/normface/distributed/ranks-trace.ts';
import type { RankStep } from '../../src/normface/distributed/step-recorder.ts';

/** Rows of a rank, from the top. */
const rows: readonly (readonly [lane: Lane, name: string])[] = [
  ['GPU', 'GPU'],
  ['read back', 'to the host'],
  ['between the ranks', 'MPI'],
  ['upload', 'to the GPU'],
  ['waiting', 'GPU waits'],
];

/** Colours, by what a span is. */
const colours = {
  forward: seriesColor(0),
  reverse: seriesColor(2),
  update: seriesColor(4),
  transfer: seriesColor(7),
  messages: seriesColor(1),
  waiting: seriesColor(9),
} as const;

const legend: readonly (readonly [keyof typeof colours, string])[] = [
  ['forward', 'forward pass'],
  ['reverse', 'reverse pass'],
  ['update', 'optimiser'],
  ['messages', 'between the ranks'],
  ['transfer', 'from and to the GPU'],
  ['waiting', 'GPU waits for the host'],
];

/** A stand-alone SVG. */
export function stepPicture(steps: readonly RankStep[]): string {
  const bars = spansOf(steps).flatMap((spans, rank) =>
    spans.flatMap(({ lane, from, to, args }) => {
      const row = rows.find(([of]) => of === lane);
      if (!row) return [];
      return { panel: `rank ${rank}`, row: row[1], from, to, color: colours[kindOf(lane, args?.kind)] };
    }),
  );
  const end = Math.max(...bars.map(({ to }) => to));
  const panels = steps.map(({ rank }) => `rank ${rank}`);
  return renderPlot({
    description: `a step of ${steps.length} ranks over time: passes of the GPU, and messages between the ranks while the reverse pass goes on`,
    legend: legend.map(([kind, name]) => ({ name, color: colours[kind], box: 'solid' })),
    x: { domain: [0, end], ticks: 8, label: 'milliseconds since the first rank came to the step' },
    y: {
      type: 'band',
      domain: rows.map(([, name]) => name),
      label: null,
      padding: 0.25,
    } as Plot.ScaleOptions,
    panels,
    plotWidth: 820,
    marginLeft: 118,
    plotHeight: 170 * steps.length,
    marks: [
      Plot.rect(bars, {
        x1: 'from',
        // So that what takes microseconds can be seen.
        x2: ({ from, to }: { from: number; to: number }) => Math.max(to, from + end / 800),
        y: 'row',
        fy: 'panel',
        fill: 'color',
      }),
      Plot.text(panels, {
        fy: (name: string) => name,
        text: (name: string) => name,
        frameAnchor: 'top-left',
        dy: -15,
        fontWeight: 600,
        fill: 'currentColor',
        textAnchor: 'start',
      }),
    ],
  });
}

function kindOf(lane: Lane, kind: string | number | undefined): keyof typeof colours {
  if (lane === 'GPU') return kind as 'forward' | 'reverse' | 'update';
  if (lane === 'between the ranks') return 'messages';
  return lane === 'waiting' ? 'waiting' : 'transfer';
}
