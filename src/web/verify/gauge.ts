/** Where a cosine lies between −1 and 1: beside the threshold and the evaluated pairs. */

import { element, svg } from '../parts/element.ts';
import type { Decision } from './comparison.ts';

const height = 44;

/** Hidden from screen readers: the sentences beside it say what it shows. */
export function gauge(cosine: number, { threshold, counts }: Decision): HTMLElement {
  const at = (value: number) => `${50 * (Math.max(-1, Math.min(1, value)) + 1)}%`;
  const line = element('div', { class: 'gauge-line' });
  if (threshold !== undefined) {
    const accepted = element('span', { class: 'gauge-accepted' });
    accepted.style.left = at(threshold);
    const tick = element('span', { class: 'gauge-threshold', title: `threshold ${threshold.toFixed(4)}` });
    tick.style.left = at(threshold);
    line.append(accepted, tick);
  }
  const marker = element('span', { class: 'gauge-marker' });
  marker.style.left = at(cosine);
  line.append(marker);
  return element(
    'div',
    { class: 'gauge', 'aria-hidden': 'true' },
    counts ? histogram(counts) : '',
    line,
    element(
      'div',
      { class: 'gauge-scale' },
      element('span', {}, '−1'),
      element('span', {}, '0'),
      element('span', {}, '1'),
    ),
    counts
      ? element(
          'p',
          { class: 'gauge-key soft small' },
          'Evaluated pairs: ',
          element('span', { class: 'gauge-key-same' }, 'of the same person'),
          ', ',
          element('span', { class: 'gauge-key-different' }, 'of different people'),
        )
      : '',
  );
}

/** Both kinds at the same scale, each as a share of its own. */
function histogram({ same, different }: NonNullable<Decision['counts']>): SVGElement {
  const shares = (counts: readonly number[]) => {
    const sum = counts.reduce((total, value) => total + value, 0);
    return counts.map((count) => count / sum);
  };
  const [a, b] = [shares(same), shares(different)];
  const most = Math.max(...a, ...b);
  const outline = (values: readonly number[]) => {
    const y = (value: number) => (height * (1 - value / most)).toFixed(2);
    const steps = values.map((value, i) => `V${y(value)}H${i + 1}`).join('');
    return `M0,${height}${steps}V${height}Z`;
  };
  return svg(
    'svg',
    { class: 'gauge-pairs', viewBox: `0 0 ${a.length} ${height}`, preserveAspectRatio: 'none' },
    svg('path', { class: 'gauge-different', d: outline(b) }),
    svg('path', { class: 'gauge-same', d: outline(a) }),
  );
}
