/** Two faces side by side, how near they are, what that decides, and how far it can be believed. */

import { element } from '../parts/element.ts';
import { fileName } from '../parts/file-name.ts';
import { formatFixed } from '../parts/format.ts';
import { calibratedSentence, type Decision, surenessOf, verdict } from './comparison.ts';
import { gauge } from './gauge.ts';

/** A face of the pair. */
export interface PairFace {
  readonly number: number;
  readonly name: string;
  readonly canvas: HTMLCanvasElement;
}

export interface PairView {
  /** Faces, cosine and verdict: what stays on the screen while a cell of the matrix is chosen. */
  readonly head: HTMLElement;
  readonly detail: HTMLElement;
}

/** @param cautions what speaks against believing the net, one sentence each */
export function pairView(
  faces: readonly [PairFace, PairFace],
  cosine: number,
  decision: Decision,
  cautions: readonly string[],
): PairView {
  const isOneImage = faces[0].number === faces[1].number;
  const sureness = isOneImage ? undefined : surenessOf(cosine, decision);
  const level = cautions.length > 0 ? 'doubtful' : sureness?.level;
  const isSame = !isOneImage && decision.threshold !== undefined && cosine > decision.threshold;
  const sentence =
    cautions.length > 0 && sureness ? 'Not to be relied on, see below.' : (sureness?.sentence ?? '');
  const calibrated = isOneImage ? undefined : calibratedSentence(cosine, decision);
  const head = element(
    'div',
    { class: 'pair' },
    element(
      'div',
      { class: 'pair-faces' },
      ...faces.map(({ number, name, canvas }) =>
        element('figure', {}, canvas, element('figcaption', {}, `${number}. `, fileName(name))),
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
      element(
        'div',
        { class: 'verdict-box', 'data-level': level },
        element(
          'p',
          { class: `verdict${isSame && level === 'sure' ? ' same' : ''}` },
          isOneImage ? 'One image, compared with itself' : verdict(cosine, decision.threshold),
        ),
        element('p', { class: 'sureness' }, sentence),
      ),
    ),
  );
  const detail = element(
    'div',
    { class: 'pair-detail' },
    cautions.length > 0
      ? element(
          'ul',
          { class: 'cautions', 'aria-label': 'Cautions' },
          ...cautions.map((caution) => element('li', {}, caution)),
        )
      : '',
    gauge(cosine, decision),
    calibrated ? element('p', { class: 'calibrated' }, calibrated) : '',
    sureness?.basis ? element('p', { class: 'soft small' }, sureness.basis) : '',
    element('p', { class: 'soft small' }, decision.explanation),
  );
  return { head, detail };
}
