/** Features as they are, or normalised. */

import type { Mode } from '../live/layout.ts';
import { element } from '../parts/element.ts';

const titles: Readonly<Record<Mode, string>> = { raw: 'Raw', normalised: 'Normalised' };

export class ModeChoice {
  readonly element: HTMLElement;
  private readonly inputs: readonly HTMLInputElement[];
  private readonly onChange: (mode: Mode) => void;
  private suits: Mode | undefined;

  constructor(onChange: (mode: Mode) => void) {
    this.onChange = onChange;
    this.inputs = (Object.keys(titles) as Mode[]).map((mode) =>
      element('input', { type: 'radio', name: 'mode', value: mode }),
    );
    this.element = element(
      'fieldset',
      { class: 'choices', 'aria-label': 'Features as they are, or normalised' },
      ...this.inputs.map((input) => element('label', {}, input, titles[input.value as Mode])),
    );
    for (const input of this.inputs)
      input.addEventListener('change', () => this.onChange(input.value as Mode));
  }

  /** Shows what suits a loss; a choice that was made is kept as long as the losses are of that kind. */
  suit(cosine: boolean): void {
    const mode: Mode = cosine ? 'normalised' : 'raw';
    if (mode === this.suits) return;
    this.suits = mode;
    for (const input of this.inputs) input.checked = input.value === mode;
    this.onChange(mode);
  }
}
