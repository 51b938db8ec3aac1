/** The picture behind the feature that is pointed at. */

import type { Pictures } from '../live/pictures.ts';
import { element } from '../parts/element.ts';
import { pictureOf } from './legend.ts';

/** What is told of a feature. */
export interface Pointed {
  readonly name: string;
  readonly note: string;
  /** Where its picture is; absent where it has none. */
  readonly picture?: { readonly pictures: Pictures; readonly index: number };
}

export class PointerCard {
  readonly element = element('div', { class: 'train-card', hidden: true });

  hide(): void {
    this.element.hidden = true;
  }

  /** @param x and y: CSS pixels from the upper left of what the card lies over */
  show({ name, note, picture }: Pointed, x: number, y: number): void {
    const { element: card } = this;
    card.replaceChildren(
      ...(picture ? [pictureOf(picture.pictures, picture.index)] : []),
      element('span', {}, element('strong', {}, name), element('span', { class: 'soft small' }, note)),
    );
    card.hidden = false;
    const width = card.parentElement!.clientWidth;
    // On the side where there is room.
    card.style.left = x < width / 2 ? `${x + 14}px` : '';
    card.style.right = x < width / 2 ? '' : `${width - x + 14}px`;
    card.style.top = `${Math.max(0, y - 20)}px`;
  }
}
