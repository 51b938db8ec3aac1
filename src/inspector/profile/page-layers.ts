/** The table of layers in `profile.html`: the one that the terminal prints. */

import { escapeMarkup } from '../../common/markup.ts';
import { layerTable } from './layer-tables.ts';
import type { StepProfile } from './profile.ts';

/** One row a layer in the order of the forward pass, and the sum. */
export function layerList(profile: StepProfile): string {
  const { columns, rows, notes = [] } = layerTable(profile);
  const cells = (row: readonly string[]): string =>
    row
      .map((text, c) =>
        c === 0
          ? `<th scope="row">${escapeMarkup(text)}</th>`
          : `<td${columns[c]!.align === 'right' ? ' class="right"' : ''}>${escapeMarkup(text)}</td>`,
      )
      .join('');
  const head = columns.map(
    ({ header, align }) =>
      `<th scope="col"${align === 'right' ? ' class="right"' : ''}>${escapeMarkup(header)}</th>`,
  );
  const lines = rows.map(
    (row, r) => `<tr${r === rows.length - 1 ? ' class="total"' : ''}>${cells(row)}</tr>`,
  );
  return `<div class="scroll tall" tabindex="0"><table class="layers">
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${lines.join('\n')}
</tbody></table></div>
${notes.map((note) => `<p class="soft">${escapeMarkup(note)}</p>`).join('\n')}`;
}
