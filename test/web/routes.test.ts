import { expect, test } from 'vitest';
import { formatHash, pageNames, parseHash } from '../../src/web/routes.ts';

test('every page has a hash that leads back to it, with its parameters', () => {
  for (const page of pageNames) {
    const parameters = new URLSearchParams({ case: '8x28x24x128 3x3', set: 'A=1&B=2' });
    const route = parseHash(formatHash({ page, parameters }));
    expect(route?.page).toBe(page);
    expect([...(route?.parameters ?? [])]).toEqual([...parameters]);
    const path = page === 'start' ? '' : page;
    expect(formatHash({ page, parameters: new URLSearchParams() })).toBe(`#/${path}`);
  }
});

test('no hash is the front page, an unknown one is none', () => {
  for (const hash of ['', '#', '#/']) expect(parseHash(hash)?.page).toBe('start');
  expect(parseHash('#verify?merge=sum')?.parameters.get('merge')).toBe('sum');
  for (const hash of ['#/elsewhere', '#/verify/more', '#/constructor', '#/start'])
    expect(parseHash(hash)).toBeUndefined();
});
