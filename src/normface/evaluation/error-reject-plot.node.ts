import * as Plot from '@observablehq/plot';
import { renderPlot, seriesColor } from '../../common/plot-frame.node.ts';
import type { ErrorReject } from './error-reject.ts';

const percentTick = (share: number) => `${Number((100 * share).toPrecision(6))}%`;

/** False non-match rate over the share of pairs that are refused; dashed, for each run, what refusing at random would leave. */
export function errorRejectPlot(
  runs: readonly { readonly name: string; readonly curve: ErrorReject }[],
  title?: string,
): string {
  const most = Math.max(0.01, ...runs.flatMap(({ curve }) => curve.falseNonMatchRate));
  const widest = Math.max(0.5, ...runs.flatMap(({ curve }) => curve.rejected));
  return renderPlot({
    title,
    description: `Error versus reject by feature norm: ${runs.map(({ name }) => name).join(', ')}`,
    legend: [
      ...runs.map(({ name }, k) => ({ name, color: seriesColor(k) })),
      { name: 'refused at random', color: 'currentColor', dashed: true },
    ],
    x: {
      domain: [0, widest],
      tickFormat: percentTick,
      label: 'pairs of one person refused, shortest features first',
    },
    y: { domain: [0, most * 1.05], tickFormat: percentTick, ticks: 6, label: 'false non-match rate' },
    marks: [
      ...runs.map(({ curve }) =>
        Plot.ruleY([curve.falseNonMatchRate[0]!], { strokeDasharray: '6 5', strokeOpacity: 0.6 }),
      ),
      ...runs.map(({ curve }, k) =>
        Plot.line(
          curve.rejected.map((x, i) => ({ x, y: curve.falseNonMatchRate[i]! })),
          { x: 'x', y: 'y', stroke: seriesColor(k), strokeWidth: 2.5, curve: 'step-after' },
        ),
      ),
    ],
  });
}
