/** Set-ups of the paper, one click each, and what to look for. */

import { presetOf, presets } from '../live/presets.ts';
import type { Setup } from '../live/setup.ts';
import { button, element } from '../parts/element.ts';

export class PresetBar {
  readonly element: HTMLElement;
  private readonly buttons: readonly HTMLButtonElement[];
  private readonly lookFor = element('p', { class: 'train-look-for' });

  constructor(onChoose: (setup: Setup) => void) {
    this.buttons = presets.map(({ title, setup }) => button(title, () => onChoose(setup)));
    this.element = element(
      'section',
      { class: 'train-presets', 'aria-label': 'Set-ups of the paper' },
      element('div', { class: 'buttons' }, ...this.buttons),
      this.lookFor,
    );
  }

  /** Marks the preset of a set-up, if it is one. */
  show(setup: Setup): void {
    const chosen = presetOf(setup);
    this.buttons.forEach((one, i) => {
      one.setAttribute('aria-pressed', String(presets[i] === chosen));
    });
    this.lookFor.textContent = chosen?.lookFor ?? 'A set-up of your own; its address can be shared.';
  }
}
