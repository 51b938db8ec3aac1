import { passes } from '../../kernels/check.ts';
import type { RacedVersion } from '../../kernels/run.ts';
import type { Roofline } from '../../profile/bound.ts';
import { durationText, percentText, significant } from '../../profile/format.ts';
import { badge } from '../parts/badge.ts';
import { element } from '../parts/element.ts';
import { table } from '../parts/table.ts';
import { isPlottable } from './plot-data.ts';
import { rooflineFigure, timePlot } from './plots.ts';

/** What came out of a race of two versions of one dispatch: the left one first. */
export function comparisonView(
  names: readonly [string, string],
  raced: readonly RacedVersion[],
  roofline: Roofline,
  dispatch: number,
): HTMLElement {
  const versions = raced.map(({ check, speeds }, i) => {
    const speed = speeds.find(({ index }) => index === dispatch) ?? speeds[0];
    const right = check?.comparisons.every(passes) ?? true;
    const role = i === 0 ? ('shipped' as const) : ('edited' as const);
    return { label: names[i], role, speed, right, ...speed.bound };
  });
  const first = versions[0].speed.median;
  return element(
    'div',
    { class: 'kernel-results' },
    table({
      caption: 'Both versions',
      columns: [
        { title: 'Version' },
        { title: 'Check' },
        { title: 'Median', numeric: true },
        { title: `To ${names[0]}`, numeric: true },
        { title: 'GFLOP/s', numeric: true },
        { title: 'GB/s', numeric: true },
        { title: 'Of the roof', numeric: true },
      ],
      rows: versions.map(({ label, speed, right, gflops, gigabytesPerSecond, share }) => [
        label,
        element('span', { class: right ? 'kernel-ok' : 'kernel-wrong' }, right ? 'ok' : 'WRONG'),
        durationText(speed.median),
        `${(first / speed.median).toFixed(2)} ×`,
        significant(gflops),
        significant(gigabytesPerSecond),
        percentText(share),
      ]),
    }),
    element(
      'div',
      { class: 'columns' },
      timePlot(versions.map((version) => ({ ...version, microseconds: version.speed.microseconds }))),
      versions.some(isPlottable) ? rooflineFigure(versions, roofline) : '',
    ),
    element('p', { class: 'soft small' }, `In one race, by ${versions[0].speed.timer}. `, badge('measured')),
  );
}
