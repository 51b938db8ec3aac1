/** Sites for the browser, made from the sources as they are. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll } from 'vitest';
import { WEB_BUNDLE } from '../../scripts/bundles.mjs';
import { bundleWeb } from '../../scripts/web/bundle.mjs';
import { serve } from '../../scripts/web/serve.mjs';

export interface Site {
  /** Ends with a slash. */
  readonly url: string;
  readonly close: () => Promise<void>;
  readonly folder: string;
}

/** Serves what `make` puts into a folder until the tests of the file have run. */
export async function serveMade(make: (folder: string) => Promise<void>): Promise<Site> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-web-'));
  await make(folder);
  const site = await serve(folder, 0);
  afterAll(async () => {
    await site.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  return { ...site, folder };
}

/**
 * The web application, on a server that a test may end.
 * @param models folder with the models of face-api; without one, also where their package is installed, the page has no detector of faces
 */
export const serveSite = (models?: string): Promise<Site> =>
  serveMade((folder) => bundleWeb(folder, { models }));

/** The web application. @returns its URL, which ends with a slash */
export async function serveApplication(): Promise<string> {
  return (await serveSite()).url;
}

/** An empty page that runs one source file, which puts what the test calls into `globalThis`. */
export async function serveScript(file: string): Promise<string> {
  const html =
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="script.js"></script>';
  const { url } = await serveMade(async (folder) => {
    await build({ ...WEB_BUNDLE, entryPoints: { script: file }, minify: false, outdir: folder });
    fs.writeFileSync(path.join(folder, 'index.html'), html);
  });
  return url;
}
