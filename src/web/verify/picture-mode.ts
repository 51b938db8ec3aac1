/** The choice of what pictures are: photographs, or crops that are aligned already. */

import { element } from '../parts/element.ts';
import { type PictureMode, pictureModes } from './picture-kind.ts';

export interface PictureModeChoice {
  readonly element: HTMLElement;
  set(mode: PictureMode): void;
}

export function pictureModeChoice(onChange: (mode: PictureMode) => void): PictureModeChoice {
  const radios = new Map(
    (Object.keys(pictureModes) as PictureMode[]).map((mode) => {
      const radio = element('input', { type: 'radio', name: 'pictures', value: mode });
      radio.addEventListener('change', () => onChange(mode));
      return [mode, radio];
    }),
  );
  return {
    element: element(
      'fieldset',
      { class: 'choices' },
      element('legend', {}, 'Kind of pictures'),
      ...[...radios].map(([mode, radio]) => element('label', {}, radio, pictureModes[mode])),
    ),
    set(mode) {
      for (const [name, radio] of radios) radio.checked = name === mode;
    },
  };
}

export const isPictureMode = (text: string | null): text is PictureMode =>
  text !== null && Object.hasOwn(pictureModes, text);
