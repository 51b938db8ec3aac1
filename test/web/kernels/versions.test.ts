import { describe, expect, test } from 'vitest';
import { type Shelf, Versions } from '../../../src/web/kernels/versions.ts';

function shelf(): Shelf & { readonly items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

describe('kept versions', () => {
  test('are there again on the next visit, for the same place only', () => {
    const storage = shelf();
    const versions = new Versions('gemm 192', storage);
    expect(versions.keep('one').name).toBe('Version 1');
    expect(versions.keep('two').name).toBe('Version 2');
    expect(new Versions('gemm 192', storage).all).toEqual([
      { name: 'Version 1', text: 'one' },
      { name: 'Version 2', text: 'two' },
    ]);
    expect(new Versions('gemm 256', storage).all).toEqual([]);
  });

  test('the same text is kept once, and names are not given twice', () => {
    const versions = new Versions('place', shelf());
    versions.keep('one');
    versions.keep('two');
    expect(versions.keep('one').name).toBe('Version 1');
    versions.forget('Version 1');
    expect(versions.keep('three').name).toBe('Version 3');
    expect(versions.named('Version 1')).toBeUndefined();
    expect(versions.named('Version 3')?.text).toBe('three');
  });

  test('nothing is left in the storage when all are forgotten', () => {
    const storage = shelf();
    const versions = new Versions('place', storage);
    versions.forget(versions.keep('one').name);
    expect(storage.items.size).toBe(0);
  });

  test('a storage that refuses, is missing or holds something else does no harm', () => {
    const refuse = (): never => {
      throw new Error('no');
    };
    const closed: Shelf = { getItem: refuse, setItem: refuse, removeItem: refuse };
    for (const storage of [closed, null]) {
      const versions = new Versions('place', storage);
      versions.keep('one');
      expect(versions.all).toHaveLength(1);
    }
    for (const stored of ['{', '7', '[1, null, {"name": "a"}]', 'null']) {
      const storage = shelf();
      storage.items.set('normface-versions place', stored);
      expect(new Versions('place', storage).all).toEqual([]);
    }
  });
});
