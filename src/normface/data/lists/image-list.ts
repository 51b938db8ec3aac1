/** Lists of images with a label each, as text or as a table. */

import { UserError } from '../../../common/errors.ts';
import { excerpt } from '../../../common/printable.ts';
import { csvRows } from './csv.ts';

/** An image of a list: its path as the list has it, whom it shows, and its line from 1. */
export interface ListedImage {
  readonly path: string;
  readonly label: string;
  readonly line: number;
}

/** What tells paths from labels. */
export interface PathTests {
  /** Whether a text is the path of an image: its file is there, or it ends like one. */
  isImage(text: string): boolean;
  /** Whether its file is there. */
  exists(text: string): boolean;
}

/** Names of columns, lower case, the likelier ones first. */
const pathColumns = ['path', 'file', 'filename', 'file_name', 'filepath', 'image', 'image_path', 'img'];
const labelColumns = ['label', 'identity', 'person', 'name', 'class', 'subject', 'id'];

/** Reads a table with a header that names a column of paths and one of labels. @throws UserError naming the line */
export function parseImageTable(text: string, name: string): ListedImage[] {
  let columns: { path: number; label: number } | undefined;
  const images: ListedImage[] = [];
  for (const { cells, line } of csvRows(text, name)) {
    if (!columns) {
      columns = columnsOf(cells, name);
      continue;
    }
    const path = cells[columns.path]?.trim();
    const label = cells[columns.label]?.trim();
    if (!path || !label) throw new UserError(`${name} line ${line}: a path or a label is missing`);
    images.push({ path, label, line });
  }
  return images;
}

function columnsOf(header: readonly string[], name: string): { path: number; label: number } {
  const titles = header.map((title) =>
    title
      .trim()
      .toLowerCase()
      .replace(/_id$|(?<=identity|person|subject) id$/, ''),
  );
  const find = (wanted: readonly string[]): number => {
    const found = wanted.find((title) => titles.includes(title));
    return found === undefined ? -1 : titles.indexOf(found);
  };
  const path = find(pathColumns);
  const label = find(labelColumns);
  if (path >= 0 && label >= 0) return { path, label };
  throw new UserError(
    `${name} line 1: expected a header with a column of paths (${pathColumns.join(', ')}) and one of people (${labelColumns.join(', ')}), found "${excerpt(header.join(', '))}"`,
  );
}

/** How the lines of a list are to be read; the first line decides. */
interface Layout {
  readonly order: 'path label' | 'label path' | 'index label path' | 'path';
  readonly separator: '\t' | ',' | ' ';
}

/**
 * Reads lines `path label` or `label path`, with a tab, a comma or spaces between, `index ⇥ label ⇥ path` as im2rec of MXNet has
 * it, or paths alone, whose last folder is the label then. The first line shows which.
 * @throws UserError naming the line
 */
export function parseImageList(text: string, name: string, tests: PathTests): ListedImage[] {
  const images: ListedImage[] = [];
  let layout: Layout | undefined;
  let number = 0;
  for (let begin = 0; begin <= text.length; ) {
    const newline = text.indexOf('\n', begin);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(begin, end).trim();
    begin = end + 1;
    number++;
    if (line === '') continue;
    layout ??= layoutOf(line, name, number, tests);
    const image = parseLine(line, layout);
    if (!image)
      throw new UserError(
        `${name} line ${number}: expected ${layout.order} as on the lines before, found "${excerpt(line)}"`,
      );
    images.push({ ...image, line: number });
  }
  return images;
}

function layoutOf(line: string, name: string, number: number, { isImage, exists }: PathTests): Layout {
  const separator = line.includes('\t') ? '\t' : line.includes(',') ? ',' : ' ';
  const orders = ['path', 'index label path', 'path label', 'label path'] as const;
  const order = orders.find((order) => {
    const image = parseLine(line, { order, separator });
    if (!image || !isImage(image.path)) return false;
    // Of two words the first may be a label, unless together they are a file.
    if (order === 'path') return !/[\s,]/.test(line) || exists(line);
    return !isImage(image.label);
  });
  if (order) return { order, separator };
  throw new UserError(
    `${name} line ${number}: expected the path of an image and a label (path label, label path, or index label path), found "${excerpt(line)}"`,
  );
}

/** A line by its layout; undefined when it does not fit. */
function parseLine(line: string, { order, separator }: Layout): { path: string; label: string } | undefined {
  if (order === 'path') {
    const label = line.split(/[/\\]/).at(-2);
    return label ? { path: line, label } : undefined;
  }
  if (separator === ' ') {
    // Paths may hold spaces, labels not.
    const pattern = {
      'path label': /^(?<path>.*\S)\s+(?<label>\S+)$/,
      'label path': /^(?<label>\S+)\s+(?<path>\S.*)$/,
      'index label path': /^\d+\s+(?<label>\S+)\s+(?<path>\S.*)$/,
    }[order];
    const { path, label } = pattern.exec(line)?.groups ?? {};
    return path && label ? { path, label } : undefined;
  }
  const fields = line.split(separator).map((field) => field.trim());
  const last = fields[fields.length - 1];
  const isIndexed = order === 'index label path';
  if (isIndexed ? fields.length < 3 || !/^\d+$/.test(fields[0]!) : fields.length !== 2) return undefined;
  const label = isIndexed ? fields[1] : order === 'path label' ? last : fields[0];
  const path = order === 'path label' ? fields[0] : last;
  return path && label ? { path, label } : undefined;
}
