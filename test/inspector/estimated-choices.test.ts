/** The committed table of variants is what the rules say now. After a change of the rules: npm run estimate:choices. */

import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { globals } from 'webgpu';
import { choicesPage } from '../../scripts/estimated-choices/page.ts';
import { type ChoiceTable, defaultsOfCard, tableStep } from '../../scripts/estimated-choices/table.ts';
import { classOf, defaultReason } from '../../src/engine/tuning/adapter-class.ts';
import { cardNames } from '../../src/inspector/estimate/card-names.ts';
import { cards } from '../../src/inspector/estimate/cards.ts';

const file = (name: string) => readFileSync(new URL(`../../bench/results/${name}`, import.meta.url), 'utf8');
const written = JSON.parse(file('estimated-choices.json')) as {
  readonly step: string;
  readonly cards: Readonly<Record<string, ChoiceTable>>;
};

beforeAll(() => void Object.assign(globalThis, globals));

test.each(cardNames)('%s gets the variants of the table, which are said to be estimated', async (name) => {
  const defaults = await defaultsOfCard(cards[name]);
  expect(defaults.length).toBeGreaterThan(20);
  const table = written.cards[name]!;
  expect(table.map(({ operation, work, variant }) => ({ operation, work, variant }))).toEqual(defaults);
  for (const { microseconds, best } of table) expect(best.microseconds).toBeLessThanOrEqual(microseconds);
  const { vendor } = cards[name].adapter;
  expect(classOf({ software: false, vendor })).not.toBe('other');
  expect(defaultReason({ software: false, vendor })).toMatch(
    /^default for GPUs of \w+: estimated, not measured$/,
  );
});

test('the page is that of the table', () => {
  expect(Object.keys(written.cards)).toEqual([...cardNames]);
  expect(written.step).toBe(tableStep);
  expect(file('estimated-choices.md')).toBe(choicesPage(written));
});
