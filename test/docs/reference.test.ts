/** The reference pages say what the program takes today. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commandLinePage } from '../../scripts/reference/command-line.ts';
import {
  configurationPage,
  isLoss,
  keysOf,
  type Schema,
  typeOf,
} from '../../scripts/reference/configuration.ts';
import { cell } from '../../scripts/reference/markdown.ts';
import { lossNames } from '../../src/normface/losses/names.ts';
import { configSchema } from '../../src/normface/training/config/config.ts';

const page = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const current = '`npm run docs:reference` writes it again';

test('docs/cli.md is what the declarations of the commands say', () => {
  expect(page('cli.md'), current).toBe(commandLinePage());
});

test('docs/configuration.md is what the schema says', () => {
  expect(page('configuration.md'), current).toBe(configurationPage());
});

const schema = configSchema() as Schema;
const losses = schema.properties?.loss?.oneOf ?? [];

test('every key of the schema and every loss has a description', () => {
  const keys = keysOf(schema);
  expect(keys.length).toBeGreaterThan(60);
  expect(losses.map((loss) => loss.properties?.name?.const)).toEqual(lossNames);
  const rows = losses.flatMap((loss) => [
    { key: `${loss.properties?.name?.const}`, schema: loss },
    ...keysOf(loss, `${loss.properties?.name?.const}.`).filter(({ key }) => !key.endsWith('.name')),
  ]);
  const silent = [...keys, ...rows].filter(({ schema: { description } }) => !description);
  expect(silent.map(({ key }) => key)).toEqual([]);
});

describe('types in words', () => {
  test.each<[Schema, string]>([
    [{ type: 'number', exclusiveMinimum: 0, maximum: 1 }, 'number above 0 to 1'],
    [{ type: 'number', minimum: 0, exclusiveMaximum: 2 }, 'number from 0 below 2'],
    [{ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }, 'whole number from 1'],
    [{ type: 'array', minItems: 2, items: { type: 'string' } }, 'list of at least 2: string'],
    [{ prefixItems: [{ type: 'integer' }, { type: 'integer' }] }, 'list of 2: whole number'],
    [{ enum: ['a', 'b'] }, '`"a"`, `"b"`'],
    [{ anyOf: [{ enum: ['a'] }, { type: 'array', items: { type: 'string' } }] }, '`"a"`, or list: string'],
  ])('%j', (type, words) => expect(typeOf(type)).toBe(words));

  test('a choice between losses is told from other choices', () => {
    expect(isLoss(schema.properties!.loss!)).toBe(true);
    expect(isLoss(schema.properties!.sampling!)).toBe(false);
  });
});

test('a cell holds bars, lines and angle brackets', () => {
  expect(cell('a|b\n  c <d> `<e>`')).toBe('a\\|b c &lt;d> `<e>`');
});
