import type { KernelEntry } from '../../inspector/kernels/catalogue.ts';
import { casesToTry } from '../../inspector/kernels/suggested-cases.ts';
import { element } from '../parts/element.ts';
import { operatorsOf } from './catalogue-list.ts';
import type { OpenedKernel } from './opened.ts';
import type { KernelState } from './url-state.ts';

/** What a person can choose of the work that a kernel does. */
export type CaseChoice = Pick<KernelState, 'operator' | 'caseText' | 'variant' | 'constants'>;

/** Operator, case, variant and free constants, and what is wrong with them. */
export class CaseForm {
  readonly element: HTMLElement;
  private readonly entry: KernelEntry;
  private readonly onChange: (choice: Partial<CaseChoice>) => void;
  private readonly operator = element('select', { class: 'input' });
  private readonly caseInput = element('input', {
    class: 'input kernel-case',
    list: 'kernel-cases',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': 'kernel-case-error',
  });
  private readonly cases = element('datalist', { id: 'kernel-cases' });
  private readonly variant = element('select', { class: 'input' });
  private readonly constants = element('div', { class: 'kernel-constants' });
  private readonly error = element('p', { id: 'kernel-case-error', class: 'kernel-error', role: 'alert' });
  private readonly meaning = element('p', { class: 'soft small' });
  private names = '';
  /** The case that was asked for last. */
  private taken = '';

  constructor(entry: KernelEntry, onChange: (choice: Partial<CaseChoice>) => void) {
    this.entry = entry;
    this.onChange = onChange;
    const operators = operatorsOf(entry);
    this.operator.append(...operators.map((name) => element('option', { value: name }, name)));
    // Another operator has other cases and variants.
    this.operator.addEventListener('change', () =>
      onChange({ operator: this.operator.value, caseText: undefined, variant: undefined, constants: {} }),
    );
    this.caseInput.addEventListener('change', () => this.commit());
    this.variant.addEventListener('change', () =>
      onChange({ variant: this.variant.value || undefined, constants: {} }),
    );
    this.element = element(
      'section',
      { class: 'panel', 'aria-label': 'Case' },
      element(
        'div',
        { class: 'kernel-fields' },
        operators.length > 1 ? field('Operator', this.operator) : '',
        field('Case: extents of the inputs, and attributes', this.caseInput, 'kernel-case-field'),
        field('Variant', this.variant),
        this.constants,
      ),
      this.cases,
      this.error,
      this.meaning,
    );
  }

  /** Shows what was opened. */
  show(opened: OpenedKernel, { variant, constants }: KernelState): void {
    this.fail('');
    this.operator.value = opened.operator;
    this.caseInput.value = opened.caseText ?? '';
    this.taken = this.caseInput.value;
    this.caseInput.placeholder = opened.caseText === null ? `as tested: ${opened.caseLabel}` : '';
    this.meaning.textContent = opened.meaning;
    const use = this.entry.uses.find(({ operator }) => operator.name === opened.operator);
    if (use)
      this.cases.replaceChildren(
        ...casesToTry(use.operator).map((text) => element('option', { value: text })),
      );
    this.showVariants(opened, variant);
    this.showConstants(opened, constants);
  }

  /** Takes what was typed, if that was not done yet. */
  commit(): void {
    const text = this.caseInput.value.trim();
    if (text === this.taken) return;
    this.taken = text;
    this.onChange({ operator: this.operator.value, caseText: text || undefined });
  }

  /** What is wrong with the case; empty where nothing is. */
  fail(message: string): void {
    this.error.textContent = message;
    this.error.hidden = message === '';
    this.caseInput.setAttribute('aria-invalid', String(message !== ''));
  }

  private showVariants({ variants, mostExpensive }: OpenedKernel, chosen: string | undefined): void {
    const taken = mostExpensive.decisions.at(-1)?.variant;
    const usual = variants.length > 1 ? `default${chosen ? '' : `: ${taken ?? ''}`}` : 'the only one';
    this.variant.replaceChildren(
      element('option', { value: '' }, usual),
      ...(variants.length > 1 ? variants : []).map((name) => element('option', { value: name }, name)),
    );
    this.variant.value = chosen ?? '';
    this.variant.disabled = variants.length < 2;
  }

  private showConstants({ free }: OpenedKernel, chosen: KernelState['constants']): void {
    const names = free.map(({ name }) => name).join();
    if (names !== this.names) {
      this.names = names;
      this.constants.replaceChildren(...free.map(({ name }) => field(name, this.constantInput(name))));
    }
    for (const { name, defaultValue, why } of free) {
      const input = this.inputOf(name);
      input.placeholder = String(defaultValue);
      input.title = why;
      input.value = name in chosen ? String(chosen[name]) : '';
    }
  }

  private constantInput(name: string): HTMLInputElement {
    const input = element('input', {
      class: 'input kernel-constant',
      name,
      type: 'number',
      min: 1,
      step: 1,
      inputmode: 'numeric',
    });
    input.addEventListener('change', () => this.onChange({ constants: this.constantsChosen() }));
    return input;
  }

  private constantsChosen(): Record<string, number> {
    const inputs = [...this.constants.querySelectorAll('input')];
    return Object.fromEntries(
      inputs.filter(({ value }) => value !== '').map(({ name, value }) => [name, Number(value)]),
    );
  }

  private inputOf(name: string): HTMLInputElement {
    return this.constants.querySelector<HTMLInputElement>(`input[name="${name}"]`)!;
  }
}

/** A control under its name. */
export function field(title: string, control: HTMLElement, extra = ''): HTMLElement {
  return element('label', { class: `field ${extra}`.trim() }, element('span', {}, title), control);
}
