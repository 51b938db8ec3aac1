/** How mirror images are merged, and the threshold. */

import type { MergeName } from '../../normface/evaluation/merge.ts';
import { element } from '../parts/element.ts';
import type { TypedThreshold } from './comparison.ts';

/** In the order in which they are shown; the names are those of the command line. */
const titles: Readonly<Record<MergeName, string>> = {
  front: 'off',
  sum: 'sum',
  max: 'max',
  concat: 'concat',
};

export interface Controls {
  readonly element: HTMLElement;
  /** Shows what holds. @param text what was typed as a threshold, which is `typed` */
  set(merge: MergeName, text: string, typed: TypedThreshold, stored: number | undefined): void;
}

export function controls(onMerge: (merge: MergeName) => void, onThreshold: (text: string) => void): Controls {
  const radios = new Map(
    (Object.keys(titles) as MergeName[]).map((name) => {
      const radio = element('input', { type: 'radio', name: 'merge', value: name });
      radio.addEventListener('change', () => onMerge(name));
      return [name, radio];
    }),
  );
  const problem = element('span', { class: 'field-problem', id: 'threshold-problem', role: 'alert' });
  const threshold = element('input', {
    class: 'input threshold-input',
    type: 'number',
    min: -1,
    max: 1,
    step: 'any',
    inputmode: 'decimal',
    'aria-describedby': problem.id,
  });
  // What is no number has no value.
  threshold.addEventListener('input', () =>
    onThreshold(threshold.validity.badInput ? 'no number' : threshold.value),
  );
  const choices = [...radios].map(([name, radio]) => element('label', {}, radio, titles[name]));
  return {
    element: element(
      'div',
      { class: 'verify-controls' },
      element('fieldset', { class: 'choices' }, element('legend', {}, 'Mirror image'), ...choices),
      element(
        'div',
        { class: 'threshold' },
        element('label', { class: 'field' }, element('span', {}, 'Threshold'), threshold),
        problem,
      ),
    ),
    set(merge, text, typed, stored) {
      for (const [name, radio] of radios) radio.checked = name === merge;
      threshold.placeholder = stored === undefined ? 'none' : stored.toFixed(4);
      // While somebody types, the text is theirs.
      if (document.activeElement !== threshold) threshold.value = text;
      if (problem.textContent !== (typed.problem ?? '')) problem.textContent = typed.problem ?? '';
      threshold.setAttribute('aria-invalid', String(typed.problem !== undefined));
    },
  };
}
