/** The operator table as tests, wherever it runs. */

import { describe, expect, test } from 'vitest';
import { operators } from '../../src/engine/ops/index.ts';
import type { AdapterReport } from '../../src/engine/runtime/adapter.ts';
import { describeAdapter } from '../../src/engine/runtime/adapter.ts';
import { halfCases } from '../../src/engine/testing/half-cases.ts';
import type { Entry, EntryResult, Extent } from './table.ts';

/** A table that runs somewhere else. */
export interface RemoteTable {
  /** Name and version. */
  readonly implementation: string;
  readonly adapter: AdapterReport;
  readonly entries: readonly Entry[];
  check(index: number): Promise<EntryResult>;
}

/** `NORMFACE_CASES=all` runs every case. */
export const extent: Extent = process.env.NORMFACE_CASES === 'all' ? 'all' : 'covering';

/** Declares a test for each entry, and one that there are enough of them. */
export function tableTests({ implementation, adapter, entries, check }: RemoteTable): void {
  const tested = [...operators, ...(adapter.features.includes('shader-f16') ? halfCases : [])];
  const cases = tested.reduce((sum, { cases }) => sum + cases.length, 0);
  const misuses = operators.reduce((sum, { misuses }) => sum + misuses.length, 0);
  console.log(
    `${implementation}: ${entries.length - misuses} of ${cases} cases, ${misuses} misuses\n${describeAdapter(adapter)}`,
  );

  test('every operator is among them', () => {
    const names = new Set(entries.map(({ operator }) => operator));
    expect(tested.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([]);
    if (extent === 'all') expect(entries.length).toBe(cases + misuses);
  });

  const numbered = entries.map((entry, index) => ({ ...entry, index }));
  describe.each([...new Set(tested.map(({ name }) => name))])('%s', (name) => {
    test.for(numbered.filter(({ operator }) => operator === name))('$label', async ({ index }) => {
      expect((await check(index)).faults).toEqual([]);
    });
  });
}
