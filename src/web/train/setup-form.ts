/** The set-up as a form. */

import { lossChoice, lossChoices, scales } from '../live/choices.ts';
import {
  consistent,
  defaultSetup,
  isWithin,
  limits,
  type NumberName,
  type Setup,
  type SourceName,
} from '../live/setup.ts';
import { type Child, element } from '../parts/element.ts';

const sourceTitles: Readonly<Record<SourceName, string>> = {
  faces: 'Faces',
  mnist: 'MNIST files',
  clusters: 'Two clusters',
};

type Option = readonly [value: string, title: string];

export class SetupForm {
  readonly element: HTMLElement;
  /** Where files can be chosen. */
  readonly filesPlace = element('div');
  private readonly onChange: (setup: Setup) => void;
  private readonly fields = new Map<keyof Setup, HTMLElement>();
  private readonly inputs = new Map<keyof Setup, HTMLInputElement | HTMLSelectElement>();
  private readonly sources: HTMLInputElement[];
  private readonly marginTitle = element('span', {}, 'Margin');
  private setup: Setup;

  /** @param onChange called with a set-up that is within the limits */
  constructor(setup: Setup, onChange: (setup: Setup) => void) {
    this.setup = setup;
    this.onChange = onChange;
    this.sources = (Object.keys(sourceTitles) as SourceName[]).map((value) =>
      element('input', { type: 'radio', name: 'data', value }),
    );
    for (const source of this.sources)
      source.addEventListener('change', () => {
        const data = source.value as SourceName;
        // Losses that learn from pictures are kept; the fixed features have defaults of their own.
        const keepLoss = data !== 'clusters' && this.setup.data !== 'clusters';
        this.change({
          ...defaultSetup(data, keepLoss ? this.setup.loss : undefined),
          seed: this.setup.seed,
        });
      });
    const losses: Option[] = lossChoices.map(({ name, title }) => [name, title]);
    const scaleOptions: Option[] = scales.map((scale) => [
      String(scale),
      scale === 'learnt' ? 'learnt, from 10' : `${scale}`,
    ]);
    const batches: Option[] = [16, 32, 64, 128, 256, 512].map((size) => [`${size}`, `${size}`]);
    this.element = element(
      'form',
      { class: 'train-form', 'aria-label': 'Set-up' },
      element(
        'fieldset',
        { class: 'choices' },
        element('legend', {}, 'Data'),
        ...this.sources.map((source) =>
          element('label', {}, source, sourceTitles[source.value as SourceName]),
        ),
      ),
      this.filesPlace,
      element(
        'div',
        { class: 'train-fields' },
        this.select('loss', 'Loss', losses, (value) => {
          const loss = value as Setup['loss'];
          const { data, people, net, batchSize, seed } = this.setup;
          const dimension = lossChoice(loss).dimension ?? this.setup.dimension;
          return { ...defaultSetup(data, loss), people, dimension, net, batchSize, seed };
        }),
        this.select('scale', 'Scale s', scaleOptions, (value) => ({
          scale: value === 'learnt' ? value : Number(value),
        })),
        this.number('margin', this.marginTitle, 0.05),
        this.select(
          'dimension',
          'Numbers of a feature',
          [
            ['2', '2: the plane'],
            ['3', '3: space'],
          ],
          (value) => ({ dimension: value === '3' ? 3 : 2 }),
        ),
        this.number('people', 'People', 1),
        this.select(
          'net',
          'Net',
          [
            ['tiny', 'tiny'],
            ['paper', 'of the paper, slower'],
          ],
          (value) => ({ net: value === 'paper' ? 'paper' : 'tiny' }),
        ),
        this.number('learningRate', 'Learning rate', 'any'),
        this.select('batchSize', 'Batch', batches, (value) => ({ batchSize: Number(value) })),
        this.number('softmaxFirst', 'Softmax steps first', 1),
        this.number('seed', 'Seed', 1),
      ),
    );
    this.element.addEventListener('submit', (event) => event.preventDefault());
    this.show(setup);
  }

  /** Fills the form in, and hides what the data or the loss do not have. */
  show(setup: Setup): void {
    this.setup = setup;
    const loss = lossChoice(setup.loss);
    const isFixed = setup.data === 'clusters';
    for (const source of this.sources) source.checked = source.value === setup.data;
    for (const [name, input] of this.inputs) {
      const value = String(setup[name]);
      // A batch of the address need not be among those that are offered.
      if (input instanceof HTMLSelectElement && ![...input.options].some((option) => option.value === value))
        input.append(element('option', { value }, value));
      input.value = value;
      input.setCustomValidity('');
    }
    this.filesPlace.hidden = setup.data !== 'mnist';
    this.marginTitle.textContent = loss.margin?.title ?? 'Margin';
    const hidden: Partial<Record<keyof Setup, boolean>> = {
      scale: loss.scale === undefined,
      margin: loss.margin === undefined,
      people: setup.data !== 'faces',
      dimension: isFixed,
      net: isFixed,
      batchSize: isFixed,
      softmaxFirst: isFixed || setup.loss === 'softmax',
    };
    for (const [name, field] of this.fields) field.hidden = hidden[name] ?? false;
  }

  private change(change: Partial<Setup>): void {
    this.setup = consistent({ ...this.setup, ...change });
    this.show(this.setup);
    this.onChange(this.setup);
  }

  private field(name: keyof Setup, title: Child, input: HTMLInputElement | HTMLSelectElement): HTMLElement {
    const made = element(
      'label',
      { class: 'field' },
      typeof title === 'string' ? element('span', {}, title) : title,
      input,
    );
    this.fields.set(name, made);
    this.inputs.set(name, input);
    return made;
  }

  private select(
    name: keyof Setup,
    title: string,
    options: readonly Option[],
    changeOf: (value: string) => Partial<Setup>,
  ): HTMLElement {
    const made = element(
      'select',
      { class: 'input', name },
      ...options.map(([value, text]) => element('option', { value }, text)),
    );
    made.addEventListener('change', () => this.change(changeOf(made.value)));
    return this.field(name, title, made);
  }

  private number(name: NumberName, title: Child, step: number | 'any'): HTMLElement {
    const { least, most, whole } = limits[name];
    const made = element('input', {
      class: 'input',
      name,
      type: 'number',
      inputmode: whole ? 'numeric' : 'decimal',
      min: least,
      max: most,
      step,
      required: true,
    });
    made.addEventListener('change', () => {
      const value = made.valueAsNumber;
      const isRight = isWithin(name, value);
      const kind = whole ? 'a whole number' : 'a number';
      made.setCustomValidity(isRight ? '' : `${kind} from ${least} to ${most}`);
      if (isRight) this.change({ [name]: value });
      else made.reportValidity();
    });
    return this.field(name, title, made);
  }
}
