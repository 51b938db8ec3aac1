/** Photographs with the boxes and the five points of their faces. */

import type { DetectedFace } from '../../normface/detection/detector.ts';
import { button, element } from '../parts/element.ts';
import { fileName } from '../parts/file-name.ts';
import type { Photograph } from './photograph.ts';
import { lookedText, photographText } from './photograph-texts.ts';
import type { Size } from './pictures.ts';
import { placeOfBox, placeOfPoint } from './preview.ts';

export interface PhotographListOptions {
  /** Whether there is no detector yet. */
  readonly isWaiting: boolean;
  /** The number of a face in the list of faces, from 1; 0 where it is not there. */
  readonly numberOf: (photograph: Photograph, face: number) => number;
  readonly onRemove: (photograph: Photograph) => void;
}

export function photographList(
  photographs: readonly Photograph[],
  { isWaiting, numberOf, onRemove }: PhotographListOptions,
): HTMLElement {
  return element(
    'ul',
    { class: 'photographs', 'aria-label': 'Photographs on this page' },
    ...photographs.map((photograph) => {
      const { name, size, preview, faces } = photograph;
      return element(
        'li',
        { class: 'photograph', style: `--ratio: ${size.width / size.height}` },
        element(
          'div',
          { class: 'photograph-picture' },
          described(preview, faces ? lookedText(name, faces.length) : name),
          ...(faces ?? []).flatMap((face, i) => marksOf(face, size, numberOf(photograph, i))),
        ),
        element(
          'div',
          { class: 'photograph-text' },
          element(
            'div',
            { class: 'face-text' },
            fileName(name),
            element(
              'span',
              { class: `small ${faces?.length === 0 ? 'odd' : 'soft'}` },
              `${size.width} × ${size.height}. ${photographText(faces?.length, isWaiting)}`,
            ),
          ),
          button('×', () => onRemove(photograph), {
            class: 'button plain',
            'aria-label': `Remove the photograph ${name}`,
          }),
        ),
      );
    }),
  );
}

/** Room above a box for its number, in hundredths of the photograph; without it the number lies inside. */
const labelRoom = 9;

function described(preview: HTMLCanvasElement, label: string): HTMLCanvasElement {
  preview.setAttribute('role', 'img');
  preview.setAttribute('aria-label', label);
  return preview;
}

/** A box with the number of its face, and its points; of a face that was removed only the box. */
function marksOf({ box, points }: DetectedFace, size: Size, number: number): HTMLElement[] {
  const { left, top, width, height } = placeOfBox(box, size);
  const style = `left: ${left}%; top: ${top}%; width: ${width}%; height: ${height}%`;
  if (number === 0) return [element('span', { class: 'face-box removed', style, 'aria-hidden': 'true' })];
  return [
    element(
      'span',
      { class: 'face-box', style, 'aria-hidden': 'true' },
      element('span', { class: `face-number${top > labelRoom ? ' above' : ''}` }, String(number)),
    ),
    ...points.map((point) => {
      const place = placeOfPoint(point, size);
      return element('span', {
        class: 'face-point',
        style: `left: ${place.left}%; top: ${place.top}%`,
        'aria-hidden': 'true',
      });
    }),
  ];
}
