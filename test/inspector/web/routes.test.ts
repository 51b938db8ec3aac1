import { expect, test } from 'vitest';
import { formatHash, pageNames, parseHash } from '../../../src/inspector/web/routes.ts';

test('every page has a hash that leads back to it, with its parameters', () => {
  for (const page of pageNames) {
    const parameters = new URLSearchParams({ case: '8x28x24x128 3x3', set: 'A=1&B=2' });
    const route = parseHash(formatHash({ page, parameters }));
    expect(route?.page).toBe(page);
    expect([...(route?.parameters ?? [])]).toEqual([...parameters]);
    expect(formatHash({ page, parameters: new URLSearchParams() })).toBe(`#/${page}`);
  }
});

test('no hash is the first page, an unknown one is none', () => {
  for (const hash of ['', '#', '#/']) expect(parseHash(hash)?.page).toBe('kernels');
  expect(parseHash('#verify?merge=sum')?.parameters.get('merge')).toBe('sum');
  for (const hash of ['#/elsewhere', '#/verify/more', '#/constructor'])
    expect(parseHash(hash)).toBeUndefined();
});
