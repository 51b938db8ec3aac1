/** The numbers of a run. */

import type { StepNews } from '../live/live-run.ts';
import { badge } from '../parts/badge.ts';
import { type Child, element } from '../parts/element.ts';
import { formatDuration, formatFixed, formatPercent, formatSignificant } from '../parts/format.ts';

const none = '–';

export class Readings {
  readonly element: HTMLElement;
  private readonly step = figure();
  private readonly loss = figure();
  private readonly trained = figure();
  private readonly heldOut = figure();
  private readonly bound = element('dd');
  private readonly cosines = element('dd');
  private readonly time = element('dd');
  private readonly lossTitle = element('span');

  constructor() {
    const timing = badge('measured');
    timing.title =
      'by the clock of the page, from handing over a batch to reading the loss; median of the last 25 steps';
    this.element = element(
      'section',
      { class: 'panel train-readings', 'aria-label': 'Readings' },
      element(
        'div',
        { class: 'train-figures' },
        labelled('Step', this.step),
        labelled(this.lossTitle, this.loss),
        labelled('Accuracy, training', this.trained),
        labelled('Accuracy, held out', this.heldOut),
      ),
      element(
        'dl',
        { class: 'facts' },
        element('dt', {}, 'Bound of Proposition 2'),
        this.bound,
        element(
          'dt',
          { title: 'of the features of a batch to the agents of their own class and of the others' },
          'Mean cosine',
        ),
        this.cosines,
        element('dt', {}, 'Time of a step ', timing),
        this.time,
      ),
    );
    this.clear();
  }

  clear(): void {
    this.lossTitle.textContent = 'Loss';
    this.step.textContent = '0';
    for (const place of [this.loss, this.trained, this.heldOut, this.bound, this.cosines, this.time])
      place.textContent = none;
  }

  show(news: StepNews, batchSize: number): void {
    const {
      step,
      lossTitle: title,
      loss,
      bound,
      scale,
      positiveCosine,
      negativeCosine,
      millisecondsAStep,
    } = news;
    this.lossTitle.textContent = `Loss: ${title}`;
    this.step.textContent = String(step);
    this.loss.textContent = loss.toFixed(loss < 10 ? 3 : 2);
    this.bound.textContent =
      bound === undefined
        ? 'none for this loss'
        : `${formatLevel(bound)} at s = ${formatSignificant(scale!, 4)}`;
    if (bound === undefined && scale !== undefined) this.bound.append(`, s = ${formatSignificant(scale, 4)}`);
    this.cosines.textContent =
      positiveCosine === undefined || negativeCosine === undefined
        ? none
        : `${formatFixed(positiveCosine, 3)} own, ${formatFixed(negativeCosine, 3)} others`;
    const rate = formatSignificant((1000 * batchSize) / millisecondsAStep);
    this.time.textContent = `${formatDuration(millisecondsAStep)}, ${rate} images/s`;
  }

  showAccuracy({ training, heldOut }: { training: number; heldOut: number }): void {
    this.trained.textContent = percent(training);
    this.heldOut.textContent = percent(heldOut);
  }
}

function percent(share: number): string {
  return Number.isNaN(share) ? none : formatPercent(share, 1);
}

function figure(): HTMLElement {
  return element('span', { class: 'figure-value' });
}

function labelled(title: Child, value: HTMLElement): HTMLElement {
  return element('div', { class: 'figure' }, element('span', { class: 'soft small' }, title), value);
}

/** A loss: three digits, and a power of ten where there would be many zeros. */
export function formatLevel(value: number): string {
  return value > 0 && value < 1e-4 ? value.toExponential(1).replace('-', '−') : formatSignificant(value);
}
