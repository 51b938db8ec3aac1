/** Sites for the browser, made from the sources as they are. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { afterAll } from 'vitest';
import { WEB_BUNDLE } from '../../scripts/bundles.mjs';
import { serve } from '../../scripts/web/serve.mjs';

/** Bundles and serves until the tests of the file have run. @returns the URL, which ends with a slash */
async function serveBundle(options: BuildOptions, html?: string): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-web-'));
  await build({ ...options, outdir: folder });
  if (html) fs.writeFileSync(path.join(folder, 'index.html'), html);
  const { url, close } = await serve(folder, 0);
  afterAll(async () => {
    await close();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  return url;
}

/** The web application. */
export function serveApplication(): Promise<string> {
  return serveBundle(WEB_BUNDLE);
}

/** An empty page that runs one source file, which puts what the test calls into `globalThis`. */
export function serveScript(file: string): Promise<string> {
  const html =
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="script.js"></script>';
  return serveBundle({ ...WEB_BUNDLE, entryPoints: { script: file }, minify: false }, html);
}
