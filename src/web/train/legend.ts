/** The classes with their colours, each with one of its pictures, and the picture that is pointed at. */

import { copyRgba, type Pictures } from '../live/pictures.ts';
import { element } from '../parts/element.ts';

/** Short names of classes, to stand at their agents. */
export function shortNames({ classes }: Pick<Pictures, 'classes'>): string[] {
  return classes.map((name) => /(\d+)$/.exec(name)?.[1] ?? name.slice(0, 3));
}

/** @param pictures null where features have no pictures */
export function legend(names: readonly string[], pictures: Pictures | null): HTMLElement {
  return element(
    'ul',
    { class: 'train-legend', 'aria-label': 'Classes' },
    ...names.map((name, k) => {
      const mark = element('span', {
        class: 'train-mark',
        style: `background: var(--series-${(k % 10) + 1})`,
      });
      const first = pictures?.labels.indexOf(k) ?? -1;
      const picture = pictures && first >= 0 ? pictureOf(pictures, first) : '';
      return element('li', {}, picture, mark, name);
    }),
  );
}

/** One picture on a canvas of its size. */
export function pictureOf(pictures: Pictures, index: number): HTMLCanvasElement {
  const { width, height } = pictures;
  const canvas = element('canvas', { class: 'train-picture', width, height, 'aria-hidden': 'true' });
  const image = new ImageData(width, height);
  copyRgba(pictures, index, new Uint8Array(image.data.buffer));
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return canvas;
}
