/** A table of text cells, for the terminal (`formatTable`) and for reports (`writeReport`). */
export interface Table {
  readonly title?: string;
  readonly columns: readonly { readonly header: string; readonly align?: 'left' | 'right' }[];
  readonly rows: readonly (readonly string[])[];
  /** Index of the row that is to be read first. */
  readonly first?: number;
  /** Remarks under the table. */
  readonly notes?: readonly string[];
}

/** Number of terminal columns, one a character; combining marks take none. */
function displayWidth(text: string): number {
  return [...text.normalize('NFC').replace(/\p{M}/gu, '')].length;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(width - displayWidth(text));
  return align === 'right' ? space + text : text + space;
}

/** Plain text with aligned columns, two spaces apart, a rule under the header, no trailing spaces and no final newline. */
export function formatTable({ title, columns, rows, first, notes = [] }: Table): string {
  const widths = columns.map((column, c) =>
    Math.max(displayWidth(column.header), ...rows.map((row) => displayWidth(row[c] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map((column, c) => pad(cells[c] ?? '', widths[c]!, column.align ?? 'left'))
      .join('  ')
      .trimEnd();
  return [
    ...(title ? [title, ''] : []),
    line(columns.map((column) => column.header)),
    widths.map((width) => '─'.repeat(width)).join('  '),
    ...rows.map((row, r) => (r === first ? `${line(row)}  ◂ read this row first` : line(row))),
    ...notes,
  ].join('\n');
}
