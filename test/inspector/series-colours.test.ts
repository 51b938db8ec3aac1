import fs from 'node:fs';
import { expect, test } from 'vitest';
import { seriesColours } from '../../src/common/palette.ts';

test('the series colours of the web application are those of the palette, whose differences are tested', () => {
  const css = fs.readFileSync(new URL('../../src/web/tokens.css', import.meta.url), 'utf8');
  const found = [...css.matchAll(/--series-(\d+): (#[0-9a-f]{6});/g)].map(([, index, colour]) => [
    Number(index),
    colour,
  ]);
  const light = seriesColours.map((colour, i) => [i + 1, colour.light]);
  const dark = seriesColours.map((colour, i) => [i + 1, colour.dark]);
  expect(found).toEqual([...light, ...dark]);
});
