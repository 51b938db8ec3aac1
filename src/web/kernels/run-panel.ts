import { button, element } from '../parts/element.ts';
import { StatusLine } from '../parts/status.ts';
import { isAbort } from './task-queue.ts';

/** Apple keyboards have another key for it. */
const runKeys = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘ Enter' : 'Ctrl Enter';

/** A button that runs something, one that stops it, a line that says what goes on, and a place for what comes out. */
export class RunPanel {
  readonly run: HTMLButtonElement;
  readonly stop: HTMLButtonElement;
  readonly status = new StatusLine();
  readonly output = element('div', { class: 'kernel-output' });
  private runs = 0;

  constructor(title: string, onRun: () => void, onStop: () => void, attributes: { main?: boolean } = {}) {
    this.run = button(title, onRun, {
      class: 'button primary',
      ...(attributes.main && { title: runKeys, 'aria-keyshortcuts': 'Control+Enter Meta+Enter' }),
    });
    this.stop = button('Cancel', onStop, { hidden: true });
    if (attributes.main) this.run.append(element('kbd', { class: 'kernel-keys-hint' }, runKeys));
  }

  /** Runs a task and says what became of it; an earlier output stays until there is a new one. */
  async during(task: () => Promise<{ readonly output: HTMLElement; readonly done: string }>): Promise<void> {
    const focused = document.activeElement === this.run;
    this.run.hidden = true;
    this.stop.hidden = false;
    // The button that had the focus is gone: the other one takes it.
    if (focused) this.stop.focus({ preventScroll: true });
    this.outdate();
    const mine = ++this.runs;
    let settle: () => void;
    try {
      const { output, done } = await task();
      settle = () => {
        this.output.replaceChildren(output);
        delete this.output.dataset.stale;
        this.status.say(done);
      };
    } catch (error) {
      settle = () => {
        if (isAbort(error)) this.status.say('cancelled');
        else {
          this.output.replaceChildren();
          this.status.fail(error);
        }
      };
    }
    if (mine !== this.runs) return; // another run has taken over
    settle();
    const hadFocus = document.activeElement === this.stop;
    this.run.hidden = false;
    this.stop.hidden = true;
    if (hadFocus) this.run.focus({ preventScroll: true });
  }

  /** What was run is no longer what is shown. */
  outdate(): void {
    if (this.output.hasChildNodes()) this.output.dataset.stale = '';
  }

  clear(): void {
    this.output.replaceChildren();
    this.status.clear();
    delete this.output.dataset.stale;
  }
}
