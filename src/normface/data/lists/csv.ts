/** Tables as text, by RFC 4180: cells between separators, in quotes where they hold separators, quotes (doubled) or ends of lines. */

import { UserError } from '../../../common/errors.ts';

/** A row and the line of the file, from 1, that it begins on. */
export interface CsvRow {
  readonly cells: readonly string[];
  readonly line: number;
}

const separators = [',', ';', '\t'] as const;

/** The separator that the first line has most of; a comma where it has none. */
export function separatorOf(text: string): string {
  const end = text.search(/[\r\n]/);
  const first = end < 0 ? text : text.slice(0, end);
  const uses = separators.map((separator) => first.split(separator).length);
  return separators[uses.indexOf(Math.max(...uses))]!;
}

/** The rows of a table; empty lines are none. @throws UserError naming the line of a quote that is not closed or stands in a cell */
export function* csvRows(text: string, name: string, separator = separatorOf(text)): Generator<CsvRow> {
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const begun = line;
    const cells: string[] = [];
    for (;;) {
      if (text[at] === '"') {
        let cell = '';
        for (;;) {
          const end = text.indexOf('"', at + 1);
          if (end < 0) throw new UserError(`${name} line ${begun}: a quote is not closed`);
          cell += text.slice(at + 1, end);
          at = end + 1;
          if (text[at] !== '"') break;
          cell += '"';
        }
        line += cell.split('\n').length - 1;
        cells.push(cell);
        if (at < text.length && text[at] !== separator && text[at] !== '\r' && text[at] !== '\n')
          throw new UserError(`${name} line ${line}: behind a closing quote stands more than a separator`);
      } else {
        const begin = at;
        while (at < text.length && text[at] !== separator && text[at] !== '\r' && text[at] !== '\n') at++;
        cells.push(text.slice(begin, at));
      }
      if (text[at] !== separator) break;
      at++;
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    line++;
    if (cells.length > 1 || cells[0] !== '') yield { cells, line: begun };
  }
}
