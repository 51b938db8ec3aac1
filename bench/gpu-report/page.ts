/** `gpu-report.html`: the report as one page that needs nothing else. */

import { countText, durationText, percentText, significant } from '../../src/common/format.ts';
import { escapeMarkup } from '../../src/common/markup.ts';
import type { Roofline } from '../../src/inspector/profile/bound.ts';
import type { MeasuredRow } from './measured.ts';
import type { Finding, Outcome, SectionReport } from './section.ts';
import type { Winner } from './tuning.ts';

export interface GpuReport {
  readonly date: string;
  readonly machine: string;
  readonly sections: readonly SectionReport[];
}

const style = `
:root { color-scheme: light dark; --text: #1a1d21; --soft: #5b6470; --line: #d8dde3; --bad: #b3261e; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e8eb; --soft: #9aa4b0; --line: #363d46; --bad: #ff8a80; --back: #14171a; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.soft { color: var(--soft); } .bad { color: var(--bad); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.2rem 0.9rem 0.2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } .right { text-align: right; } tr.first > * { border-top: 1px solid var(--soft); }
`;

/** The report as an HTML document. */
export function reportPage({ date, machine, sections }: GpuReport): string {
  const dataOf = (section: string, item: string): unknown =>
    sections.find(({ name }) => name === section)?.outcomes.find(({ name }) => name === item)?.finding?.data;
  const peaks = dataOf('adapter', 'peaks') as Roofline | undefined;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>GPU report</title>
<style>${style}</style>
</head>
<body>
<h1>GPU report</h1>
<p class="soft">${escapeMarkup(machine)} · ${escapeMarkup(date)}</p>
${sections.map((section) => sectionHtml(section, peaks)).join('\n')}
</body>
</html>
`;
}

function sectionHtml(section: SectionReport, peaks: Roofline | undefined): string {
  const { title, about, failure, left } = section;
  const notes = [
    ...(failure ? [`<p class="bad">It did not run: ${escapeMarkup(failure)}</p>`] : []),
    ...(left.length > 0
      ? [
          `<p class="soft">The time did not last for ${left.length} more: ${escapeMarkup(left.slice(0, 5).join(', '))}${left.length > 5 ? ' …' : ''}</p>`,
        ]
      : []),
  ];
  return `<section><h2>${escapeMarkup(title)}</h2>
<p class="soft">${escapeMarkup(about)}</p>
${bodyOf(section, peaks)}
${notes.join('\n')}</section>`;
}

function bodyOf({ name, outcomes }: SectionReport, peaks: Roofline | undefined): string {
  switch (name) {
    case 'adapter':
      return table(
        ['', ''],
        outcomes.map((outcome) => [
          cell(outcome.name),
          cell(outcome.finding?.summary ?? '', outcome.failure),
        ]),
      );
    case 'operators':
      return rightAndWrong(outcomes);
    case 'tuner':
      return outcomes.map((outcome) => tunerTable(outcome)).join('\n');
    default:
      return measuredTable(outcomes, peaks);
  }
}

/** Counts, and a row for everything that is wrong. */
function rightAndWrong(outcomes: readonly Outcome[]): string {
  const bad = outcomes.filter(({ finding }) => !finding?.isRight);
  const rows = bad.map(({ name, finding, failure }) => [cell(name), cell('', failure ?? finding!.summary)]);
  const good = outcomes.length - bad.length;
  return `<p>${countText(good, 'case')} ${good === 1 ? 'is' : 'are'} right, ${bad.length} ${bad.length === 1 ? 'is' : 'are'} not.</p>
${rows.length > 0 ? table(['case', 'what is wrong'], rows) : ''}`;
}

function measuredTable(outcomes: readonly Outcome[], peaks: Roofline | undefined): string {
  const rows = outcomes.flatMap((outcome): string[][] => {
    const { name, finding, failure } = outcome;
    if (!finding) return [[cell(name), cell('', failure)]];
    const { rows } = (finding as Finding & { data: { rows: MeasuredRow[] } }).data;
    return rows.map(({ peer, medianMs, gflops, ratio, remark }, i) => [
      cell(i === 0 ? name : ''),
      cell(peer),
      right(medianMs === null ? '' : durationText(1e3 * medianMs)),
      right(gflops === null ? '' : significant(gflops)),
      right(gflops === null || !peaks ? '' : percentText(gflops / peaks.gflops)),
      right(
        ratio
          ? `${significant(ratio.median)}${ratio.interval ? ` (${ratio.interval.map((value) => significant(value)).join(' to ')})` : ''}`
          : '',
      ),
      cell(remark),
    ]);
  });
  return table(['work', 'by', 'time', 'GFLOP/s', 'of the peak', 'time over ours', ''], rows);
}

function tunerTable({ name, finding, failure }: Outcome): string {
  const rows = finding
    ? (finding.data as Winner[]).map(({ operation, work, winner, milliseconds }) => [
        cell(operation),
        cell(work),
        cell(winner),
        right(durationText(1e3 * milliseconds[winner]!)),
        cell(
          Object.entries(milliseconds)
            .filter(([other]) => other !== winner)
            .sort(([, a], [, b]) => a - b)
            .map(([other, ms]) => `${other} ${durationText(1e3 * ms)}`)
            .join(', '),
        ),
      ])
    : [[cell('', failure)]];
  return `<h3>${escapeMarkup(name)}</h3>${table(['operation', 'work', 'winner', 'time', 'others'], rows)}`;
}

function cell(text: string, failure: string | null = null): string {
  return failure === null
    ? `<td>${escapeMarkup(text)}</td>`
    : `<td class="bad">${escapeMarkup(failure)}</td>`;
}

const right = (text: string): string => `<td class="right">${escapeMarkup(text)}</td>`;

function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = headers.some(Boolean)
    ? `<tr>${headers.map((header) => `<th scope="col">${header}</th>`).join('')}</tr>`
    : '';
  return `<div class="scroll"><table>${head}${rows.map((row) => `<tr>${row.join('')}</tr>`).join('\n')}</table></div>`;
}
