/** Two faces side by side, how near they are, and what that decides. */

import { element } from '../parts/element.ts';
import { formatFixed } from '../parts/format.ts';
import { type Decision, verdict } from './comparison.ts';

/** A face of the pair. */
export interface PairFace {
  readonly number: number;
  readonly name: string;
  readonly canvas: HTMLCanvasElement;
}

export function pairView(
  faces: readonly [PairFace, PairFace],
  cosine: number,
  decision: Decision,
): HTMLElement {
  const { threshold, explanation } = decision;
  const same = threshold !== undefined && cosine > threshold;
  return element(
    'div',
    { class: 'pair' },
    element(
      'div',
      { class: 'pair-faces' },
      ...faces.map(({ number, name, canvas }) =>
        element('figure', {}, canvas, element('figcaption', {}, `${number}. ${name}`)),
      ),
    ),
    element(
      'div',
      { class: 'pair-result' },
      element(
        'div',
        { class: 'figure' },
        element('span', { class: 'soft' }, 'Cosine'),
        element('output', { class: 'figure-value', 'data-cosine': cosine }, formatFixed(cosine)),
      ),
      element('p', { class: `verdict${same ? ' same' : ''}` }, verdict(cosine, threshold)),
      gauge(cosine, threshold),
      element('p', { class: 'soft small' }, explanation),
    ),
  );
}

/** Where the cosine lies between −1 and 1, and the threshold. */
function gauge(cosine: number, threshold: number | undefined): HTMLElement {
  const at = (value: number) => `${50 * (Math.max(-1, Math.min(1, value)) + 1)}%`;
  const marker = element('span', { class: 'gauge-marker' });
  marker.style.left = at(cosine);
  const parts: Node[] = [marker];
  if (threshold !== undefined) {
    const tick = element('span', { class: 'gauge-threshold', title: `threshold ${threshold.toFixed(4)}` });
    tick.style.left = at(threshold);
    const accepted = element('span', { class: 'gauge-accepted' });
    accepted.style.left = at(threshold);
    parts.unshift(accepted, tick);
  }
  return element(
    'div',
    { class: 'gauge', 'aria-hidden': 'true' },
    element('div', { class: 'gauge-line' }, ...parts),
    element(
      'div',
      { class: 'gauge-scale' },
      element('span', {}, '−1'),
      element('span', {}, '0'),
      element('span', {}, '1'),
    ),
  );
}
