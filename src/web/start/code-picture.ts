import source from '../../shaders/norm/normalise_rows.wesl';
import { nextToken, startState, type TokenStream } from '../kernels/wgsl-tokens.ts';
import { type Child, element } from '../parts/element.ts';

/** The entry point of the kernel that normalises rows, from its file, in the colours of the editor. */
export function codePicture(): HTMLElement {
  const lines = source.trimEnd().split('\n');
  const state = startState();
  const coloured = lines
    .slice(lines.findIndex((line) => line.startsWith('@compute')))
    .flatMap((line) => [...wordsOf(new Line(line), state), '\n']);
  return element(
    'pre',
    { class: 'start-code', role: 'img', 'aria-label': 'WGSL of normalise_rows' },
    ...coloured,
  );
}

function wordsOf(line: Line, state: ReturnType<typeof startState>): Child[] {
  const words: Child[] = [];
  while (!line.atEnd) {
    line.begin();
    const kind = nextToken(line, state);
    words.push(kind ? element('span', { class: `code-${kind}` }, line.current()) : line.current());
  }
  return words;
}

/** One line for the tokeniser. */
class Line implements TokenStream {
  private readonly text: string;
  private start = 0;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get atEnd(): boolean {
    return this.at >= this.text.length;
  }

  begin(): void {
    this.start = this.at;
  }

  match(pattern: RegExp, consume = true): unknown {
    const found = pattern.exec(this.text.slice(this.at));
    if (found?.index !== 0) return null;
    if (consume) this.at += found[0].length;
    return found;
  }

  eatSpace(): boolean {
    return Boolean(this.match(/^\s+/));
  }

  next(): unknown {
    return this.text[this.at++];
  }

  skipToEnd(): void {
    this.at = this.text.length;
  }

  current(): string {
    return this.text.slice(this.start, this.at);
  }
}
