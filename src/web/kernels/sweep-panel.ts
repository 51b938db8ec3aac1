import { comparisonText, countText, durationText, percentText, significant } from '../../common/format.ts';
import { isRight } from '../../engine/testing/check.ts';
import type { Sweep, SweepResult, SweepRow } from '../../inspector/kernels/run.ts';
import { quantile } from '../../inspector/timing/timing.ts';
import { badge } from '../parts/badge.ts';
import { element } from '../parts/element.ts';
import { type Column, table } from '../parts/table.ts';
import { field } from './case-form.ts';
import { type OpenedKernel, parseValues } from './opened.ts';
import { valuesAround } from './plot-data.ts';
import { verdictBadge } from './results-view.ts';
import { RunPanel } from './run-panel.ts';

/** Runs a sweep. */
export type SweepRun = (sweep: Sweep, say: (text: string) => void) => Promise<SweepResult>;

/** The name under which variants are swept. */
const variantName = 'variant';

/** Tries several values of a constant, or all variants. */
export class SweepPanel {
  readonly element: HTMLElement;
  private readonly name = element('select', { class: 'input' });
  private readonly values = element('input', { class: 'input', autocomplete: 'off', spellcheck: 'false' });
  private readonly valuesField = field('Values', this.values);
  private readonly why = element('p', { class: 'soft small' });
  private readonly panel: RunPanel;
  private opened: OpenedKernel | null = null;

  constructor(start: SweepRun, stop: () => void) {
    this.panel = new RunPanel('Sweep', () => void this.start(start), stop);
    this.name.addEventListener('change', () => this.showValues());
    this.values.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) void this.start(start);
    });
    this.element = element(
      'section',
      { class: 'panel kernel-sweep', 'aria-label': 'Sweep', hidden: true },
      element('h2', {}, 'Sweep'),
      element(
        'div',
        { class: 'kernel-fields' },
        field('Sweep over', this.name),
        this.valuesField,
        element('div', { class: 'buttons' }, this.panel.run, this.panel.stop),
      ),
      this.why,
      this.panel.status.element,
      this.panel.output,
    );
  }

  /** Offers what can be swept of a kernel; its results so far belong to another case. */
  show(opened: OpenedKernel): void {
    const before = this.name.value;
    this.opened = opened;
    const names = [
      ...opened.free.map(({ name }) => name),
      ...(opened.variants.length > 1 ? [variantName] : []),
    ];
    this.name.replaceChildren(...names.map((name) => element('option', { value: name }, name)));
    if (names.includes(before)) this.name.value = before;
    this.element.hidden = names.length === 0;
    this.showValues();
    this.panel.outdate();
  }

  private showValues(): void {
    const constant = this.opened?.free.find(({ name }) => name === this.name.value);
    this.valuesField.hidden = !constant;
    this.values.value = constant ? valuesAround(constant.defaultValue).join(', ') : '';
    this.why.textContent = constant
      ? `Default: ${constant.defaultValue}, because: ${constant.why}. The default text is swept, not an edited one.`
      : 'All variants of the case that use this kernel.';
  }

  private async start(run: SweepRun): Promise<void> {
    await this.panel.during(async () => {
      const name = this.name.value;
      const values = name === variantName ? [] : parseValues(this.values.value);
      const result = await run({ name, values }, (text) => this.panel.status.busy(text));
      const ran = result.rows.filter(({ failure }) => failure === null);
      return {
        output: sweepView(name, result),
        done: `${countText(ran.length, 'value')} of ${result.rows.length} ran`,
      };
    });
  }
}

/** The table of a sweep, with a bar for each time. What is wrong has no speed. */
export function sweepView(name: string, { rows, comparisons }: SweepResult): HTMLElement {
  const longest = Math.max(...rows.map(({ speed }) => speed?.median ?? 0));
  const columns: Column[] = [
    { title: name },
    { title: 'Median', numeric: true },
    { title: 'p10–p90', numeric: true },
    { title: 'As fast as the fastest', numeric: true },
    { title: 'GFLOP/s', numeric: true },
    { title: 'GB/s', numeric: true },
    { title: 'Of the roof', numeric: true },
    { title: 'Check' },
  ];
  return element(
    'div',
    { class: 'kernel-sweep-output' },
    table({
      caption: `Sweep of ${name}`,
      columns,
      rows: rows.map((row) => {
        const { value, speed, toFastest } = row;
        if (!speed) return [value, isWrong(row) ? 'not timed' : '', '', '', '', '', '', verdictOf(row)];
        const [low, high] = [quantile(speed.microseconds, 0.1), quantile(speed.microseconds, 0.9)];
        return [
          value,
          element(
            'span',
            { class: 'kernel-bar-cell' },
            barOf(speed.median / longest),
            durationText(speed.median),
          ),
          `${durationText(low)}–${durationText(high)}`,
          toFastest ? comparisonText(toFastest, comparisons) : 'least median',
          speed.bound.gflops > 0 ? significant(speed.bound.gflops) : '',
          significant(speed.bound.gigabytesPerSecond),
          percentText(speed.bound.share),
          verdictOf(row),
        ];
      }),
      highlight: (row) => rows[row]!.speed !== null && rows[row]!.toFastest === null,
    }),
    element(
      'p',
      { class: 'soft small' },
      'The least median is marked; all were timed in one race. Ratios are medians of paired rounds; their intervals hold together with 95 %. ',
      badge('measured'),
    ),
  );
}

function barOf(share: number): HTMLElement {
  const bar = element('span', { class: 'kernel-bar' }, element('span', { class: 'kernel-bar-fill' }));
  bar.style.setProperty('--share', `${(100 * share).toFixed(1)}%`);
  return bar;
}

const isWrong = ({ check, failure }: SweepRow): boolean => failure === null && !isRight(check);

function verdictOf(row: SweepRow): HTMLElement {
  const { failure } = row;
  return failure === null ? verdictBadge(!isWrong(row)) : element('span', { class: 'kernel-wrong' }, failure);
}
