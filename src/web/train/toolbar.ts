/** Start, step, restart, and how fast. */

import { button, element } from '../parts/element.ts';

export interface ToolbarActions {
  readonly toggle: () => void;
  readonly step: () => void;
  readonly restart: () => void;
}

export interface ToolbarState {
  readonly canRun: boolean;
  readonly isRunning: boolean;
  readonly canRestart: boolean;
  /** Whether steps were taken. */
  readonly hasBegun: boolean;
}

/** Steps a second at most; 0: as many as there can be. */
const speeds = [
  [30, '30 steps/s'],
  [5, '5 steps/s'],
  [0, 'full speed'],
] as const;

export class Toolbar {
  readonly element: HTMLElement;
  private readonly start: HTMLButtonElement;
  private readonly step: HTMLButtonElement;
  private readonly restart: HTMLButtonElement;
  private readonly speed: HTMLSelectElement;

  constructor({ toggle, step, restart }: ToolbarActions) {
    this.start = button('Start', toggle, { class: 'button primary train-start' });
    this.step = button('Step', step, { title: 'one optimiser step' });
    this.restart = button('Restart', restart, { title: 'begin again from the same seed' });
    this.speed = element(
      'select',
      { class: 'input', 'aria-label': 'Speed', title: 'at most so many steps a second' },
      ...speeds.map(([value, title]) => element('option', { value }, title)),
    );
    this.element = element('div', { class: 'buttons' }, this.start, this.step, this.restart, this.speed);
    this.show({ canRun: false, isRunning: false, canRestart: false, hasBegun: false });
  }

  /** Least milliseconds from a step to the next. */
  get pace(): number {
    const speed = Number(this.speed.value);
    return speed > 0 ? 1000 / speed : 0;
  }

  show(state: ToolbarState): void {
    const { canRun, isRunning, canRestart, hasBegun } = state;
    this.start.textContent = isRunning ? 'Pause' : hasBegun ? 'Go on' : 'Start';
    this.start.disabled = !canRun;
    this.step.disabled = !canRun || isRunning;
    this.restart.disabled = !canRestart;
  }
}
