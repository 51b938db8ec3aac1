/** Writes bench/results/estimated-choices.json and .md: which variants cards get where nothing was measured, and what the model says of them. */

import { writeFileSync } from 'node:fs';
import { globals } from 'webgpu';
import { cardNames } from '../../src/inspector/estimate/card-names.ts';
import { cards } from '../../src/inspector/estimate/cards.ts';
import { choicesPage } from './page.ts';
import { type ChoiceTable, tableOfCard, tableStep } from './table.ts';

Object.assign(globalThis, globals);
const tables: Record<string, ChoiceTable> = {};
for (const name of cardNames) {
  tables[name] = await tableOfCard(cards[name]);
  console.log(`${name}: ${tables[name].length} pieces of work`);
}
const written = { step: tableStep, cards: tables };
writeFileSync('bench/results/estimated-choices.json', `${JSON.stringify(written, null, 1)}\n`);
writeFileSync('bench/results/estimated-choices.md', choicesPage(written));
