import { element } from './element.ts';

/** One line that says what goes on, what came out, or what is wrong; screen readers read it aloud. Its place is kept when empty. */
export class StatusLine {
  readonly element = element('p', { class: 'status', role: 'status' });

  /** Something is under way. */
  busy(text: string): void {
    this.show('busy', text);
  }

  /** Something is done. */
  say(text: string): void {
    this.show('done', text);
  }

  /** Something is wrong: an error, or a sentence. */
  fail(error: unknown): void {
    this.show('error', error instanceof Error ? error.message : String(error));
  }

  clear(): void {
    this.show('', '');
  }

  private show(kind: string, text: string): void {
    this.element.dataset.kind = kind;
    this.element.textContent = text;
  }
}
