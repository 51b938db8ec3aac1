/** Opens the operator table in a browser. */

import type { Browser } from 'playwright-core';
import { openPage } from '../browser/browser.ts';
import { serveScript } from '../browser/site.ts';
import type { TablePage } from './page.ts';
import { extent, type RemoteTable } from './suite.ts';

type PageGlobals = typeof globalThis & { tablePage: Promise<TablePage> };

/** @returns the table, and what goes wrong in its page from then on */
export async function openTable(browser: Browser, name: string): Promise<RemoteTable> {
  const url = await serveScript('test/implementations/page.ts');
  const { page, problems } = await openPage(browser, `${url}?cases=${extent}`);
  await page.waitForFunction(() => 'tablePage' in globalThis);
  const opened = await page.evaluate(async () => {
    const { adapter, table } = await (globalThis as PageGlobals).tablePage;
    return { adapter, entries: table.entries };
  });
  return {
    implementation: `${name} ${browser.version()}`,
    ...opened,
    check: async (index) => {
      const result = await page.evaluate(
        async (index) => (await (globalThis as PageGlobals).tablePage).table.check(index),
        index,
      );
      return { ...result, faults: [...result.faults, ...problems.splice(0)] };
    },
  };
}
