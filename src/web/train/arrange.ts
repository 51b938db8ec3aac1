/** Where the parts of the page go. */

import { element } from '../parts/element.ts';

export interface Parts {
  readonly presets: HTMLElement;
  readonly toolbar: HTMLElement;
  readonly modes: HTMLElement;
  readonly status: HTMLElement;
  readonly canvas: HTMLElement;
  readonly card: HTMLElement;
  readonly readings: HTMLElement;
  readonly chart: HTMLElement;
  readonly form: HTMLElement;
  /** What can be done with the net. */
  readonly uses: HTMLElement;
}

export interface Arrangement {
  readonly page: HTMLElement;
  /** The place for the names of the classes. */
  readonly legend: HTMLElement;
  /** What the picture is drawn on. */
  readonly stage: HTMLElement;
  /** The place for what is shown instead of the picture as long as there is none. */
  readonly waiting: HTMLElement;
}

export function arrange(parts: Parts): Arrangement {
  const legend = element('div');
  const waiting = element('div');
  const stage = element('div', { class: 'train-stage' }, parts.canvas, parts.card);
  const picture = element(
    'section',
    { class: 'panel train-picture-panel', 'aria-label': 'Features' },
    element('div', { class: 'train-bar' }, parts.toolbar, parts.modes),
    parts.status,
    waiting,
    stage,
  );
  const course = element(
    'section',
    { class: 'panel train-course-panel', 'aria-label': 'Course of the loss' },
    element('h2', {}, 'Loss'),
    parts.chart,
  );
  const key = element(
    'section',
    { class: 'panel train-legend-panel', 'aria-label': 'Legend' },
    legend,
    element(
      'p',
      { class: 'soft small' },
      'Discs: pictures trained on. Rings: held out. Arrows: class weights, the agents; where features are drawn as they are, arrows have lengths of their own. ' +
        'On the circle each class has a radius of its own, so that none hides another. ',
      element('kbd', {}, 'Space'),
      ' starts and pauses, ',
      element('kbd', {}, 'Enter'),
      ' makes a step, arrow keys and dragging turn the sphere.',
    ),
  );
  const setup = element(
    'section',
    { class: 'panel', 'aria-label': 'Set-up' },
    element('h2', {}, 'Set-up'),
    parts.form,
    element(
      'p',
      { class: 'soft small' },
      'The learning rate can be changed while it runs; everything else begins again.',
    ),
  );
  const page = element(
    'div',
    { class: 'page train-page' },
    element(
      'div',
      { class: 'page-head' },
      element('h1', {}, 'Train live'),
      element(
        'p',
        { class: 'lead' },
        'A net learns on your GPU to tell people apart by two or three numbers: watch where it puts them, and what normalising does.',
      ),
    ),
    parts.presets,
    element(
      'div',
      { class: 'train-grid' },
      picture,
      element('div', { class: 'train-side' }, course, parts.readings, parts.uses),
    ),
    key,
    setup,
  );
  return { page, legend, stage, waiting };
}
