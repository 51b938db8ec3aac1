import { comparisonText, durationText, percentText, significant } from '../../common/format.ts';
import { isRight } from '../../engine/testing/check.ts';
import { timesAsFast } from '../../inspector/kernels/contest.ts';
import type { VersionRace } from '../../inspector/kernels/run.ts';
import { badge } from '../parts/badge.ts';
import { element } from '../parts/element.ts';
import { table } from '../parts/table.ts';
import { isPlottable } from './plot-data.ts';
import { rooflineFigure, timePlot } from './plots.ts';
import { verdictBadge } from './results-view.ts';

/** What came out of a race of two versions of one dispatch: the left one first. A wrong version has no speed. */
export function comparisonView(
  names: readonly [string, string],
  { versions, roofline }: VersionRace,
  dispatch: number,
): HTMLElement {
  const rows = versions.map(({ check, speeds }, i) => ({
    label: names[i]!,
    role: i === 0 ? ('default' as const) : ('edited' as const),
    speed: speeds?.find(({ index }) => index === dispatch) ?? speeds?.[0] ?? null,
    right: isRight(check),
  }));
  const timed = rows.flatMap(({ speed, ...row }) => (speed ? [{ ...row, speed, ...speed.bound }] : []));
  const [left, right] = rows.map(({ speed }) => speed);
  const ratio = left && right ? timesAsFast(right, left) : null;
  return element(
    'div',
    { class: 'kernel-results' },
    table({
      caption: 'Both versions',
      columns: [
        { title: 'Version' },
        { title: 'Check' },
        { title: 'Median', numeric: true },
        { title: `As fast as ${names[0]}`, numeric: true },
        { title: 'GFLOP/s', numeric: true },
        { title: 'GB/s', numeric: true },
        { title: 'Of the roof', numeric: true },
      ],
      rows: rows.map(({ label, speed, right: passed }, i) => [
        label,
        verdictBadge(passed),
        ...(speed
          ? [
              durationText(speed.median),
              i === 1 && ratio ? comparisonText(ratio) : '',
              significant(speed.bound.gflops),
              significant(speed.bound.gigabytesPerSecond),
              percentText(speed.bound.share),
            ]
          : ['not timed', '', '', '', '']),
      ]),
    }),
    timed.length === 0 || roofline === null
      ? ''
      : element(
          'div',
          { class: 'columns' },
          timePlot(timed.map((version) => ({ ...version, microseconds: version.speed.microseconds }))),
          timed.some(isPlottable) ? rooflineFigure(timed, roofline) : '',
        ),
    timed.length === 0
      ? ''
      : element(
          'p',
          { class: 'soft small' },
          `In one race, by ${timed[0]!.speed.timer}; the ratio is the median of paired rounds, with its 95 % interval. `,
          badge('measured'),
        ),
  );
}
