import { replaceFile } from './files.node.ts';
import { escapeMarkup } from './markup.ts';
import { reportStyle } from './report-style.ts';
import type { Table } from './table.ts';

/** A report. All strings are plain text, except `svg`, which must come from this project's plots. */
export interface Report {
  readonly title: string;
  /** Paragraphs under the title. */
  readonly intro?: readonly string[];
  /** Names and values listed under the introduction: adapter, net, seed … */
  readonly facts?: readonly (readonly [name: string, value: string])[];
  readonly sections: readonly ReportSection[];
}

/** One headed part of a report; what is given appears in the order of these fields. */
export interface ReportSection {
  readonly title: string;
  readonly text?: readonly string[];
  /** Command lines, shown as such. */
  readonly commands?: readonly string[];
  readonly tables?: readonly Table[];
  readonly figures?: readonly { readonly svg: string; readonly caption: string }[];
  readonly galleries?: readonly Gallery[];
}

/** Small pictures in rows, each with its own lines of text below it. */
export interface Gallery {
  readonly caption: string;
  readonly tiles: readonly { readonly png: Uint8Array; readonly lines: readonly string[] }[];
}

/** Writes the report as one HTML file that needs nothing else; whole or, on failure (a UserError), not at all. */
export function writeReport(path: string, report: Report): void {
  replaceFile(path, reportHtml(report));
}

/** The report as an HTML document. */
export function reportHtml({ title, intro = [], facts = [], sections }: Report): string {
  const list = facts.map(
    ([name, value]) => `<div><dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(value)}</dd></div>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeMarkup(title)}</title>
<style>${reportStyle}</style>
</head>
<body>
<header>
<h1>${escapeMarkup(title)}</h1>
${paragraphs(intro)}
${list.length > 0 ? `<dl>${list.join('')}</dl>` : ''}
${contents(sections)}
</header>
<main>
${sections.map(sectionHtml).join('\n')}
</main>
</body>
</html>
`;
}

function sectionHtml(section: ReportSection): string {
  const { title, text = [], commands = [], tables = [], figures = [], galleries = [] } = section;
  const pictures = figures.map(({ svg, caption }) => figureHtml(svg, caption));
  return [
    `<section id="${anchorOf(title)}">\n<h2>${escapeMarkup(title)}</h2>`,
    paragraphs(text),
    commands.length > 0 ? `<pre>${commands.map(escapeMarkup).join('\n')}</pre>` : '',
    ...tables.map(tableHtml),
    pictures.length > 0 ? `<div class="pictures">\n${pictures.join('\n')}\n</div>` : '',
    ...galleries.map(galleryHtml),
    '</section>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** The text below a picture says what it shows, so the picture itself needs no words. */
function galleryHtml({ caption, tiles }: Gallery): string {
  const shown = tiles.map(({ png, lines }) => {
    const data = Buffer.from(png).toString('base64');
    return `<figure><img src="data:image/png;base64,${data}" alt=""><figcaption>${lines.map(escapeMarkup).join('<br>')}</figcaption></figure>`;
  });
  return `<h3>${escapeMarkup(caption)}</h3>\n<div class="gallery">\n${shown.join('\n')}\n</div>`;
}

/** "table-2-accuracy" for a section's link. */
function anchorOf(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

/** Links to the sections, where there are too many to see at once. */
function contents(sections: readonly ReportSection[]): string {
  if (sections.length < 8) return '';
  const links = sections.map(
    ({ title }) => `<li><a href="#${anchorOf(title)}">${escapeMarkup(title)}</a></li>`,
  );
  return `<nav aria-label="Sections"><ul>${links.join('')}</ul></nav>`;
}

function figureHtml(content: string, caption: string): string {
  return `<figure>${content}<figcaption>${escapeMarkup(caption)}</figcaption></figure>`;
}

/** The first column holds the names of the rows. On a narrow screen the table scrolls by itself, not the page. */
function tableHtml({ title, columns, rows, first, notes = [] }: Table): string {
  const side = (c: number) => (columns[c]!.align === 'right' ? ' class="right"' : '');
  const head = columns.map(({ header }, c) => `<th scope="col"${side(c)}>${escapeMarkup(header)}</th>`);
  const body = rows.map((row, r) => {
    const cells = columns.map((_, c) => {
      const cell = escapeMarkup(row[c] ?? '');
      return c === 0 ? `<th scope="row"${side(c)}>${cell}</th>` : `<td${side(c)}>${cell}</td>`;
    });
    return `<tr${r === first ? ' class="first"' : ''}>${cells.join('')}</tr>`;
  });
  return `<div class="table" tabindex="0"><table>
${title ? `<caption>${escapeMarkup(title)}</caption>` : ''}
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table></div>
${notes.map((note) => `<p class="note">${escapeMarkup(note)}</p>`).join('\n')}`;
}

function paragraphs(texts: readonly string[]): string {
  return texts.map((text) => `<p>${escapeMarkup(text)}</p>`).join('\n');
}
