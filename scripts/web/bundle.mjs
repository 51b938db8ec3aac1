import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { ROOT, SERVICE_WORKER_BUNDLE, webBundle } from '../bundles.mjs';
import { installedModels } from './detector-models.mjs';

/**
 * Builds the web application into an empty folder.
 *
 * @param {string} outdir
 * @param {{ models: string | undefined }} [options] folder with the models of face-api for the page Verify; default that of its package,
 *   where it is installed
 */
export async function bundleWeb(outdir, { models } = { models: installedModels(ROOT) }) {
  await build({ ...webBundle(models), outdir });
  await writeServiceWorker(outdir);
}

/**
 * Adds the service worker that keeps the files of a folder, by their hashes, for use without a network.
 *
 * @param {string} outdir
 */
export async function writeServiceWorker(outdir) {
  const files = readdirSync(outdir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(outdir, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => path !== 'service-worker.js')
    // The page under the name by which it is opened: hosts may send its own name elsewhere.
    .map((path) => [path === 'index.html' ? './' : path, integrityOf(join(outdir, path))])
    .sort();
  const list = JSON.stringify(files);
  const define = { FILES: list, VERSION: JSON.stringify(sha256(list)) };
  await build({ ...SERVICE_WORKER_BUNDLE, outdir, define });
}

/** @param {string} file */
const integrityOf = (file) => `sha256-${sha256(readFileSync(file))}`;

/** @param {string | Uint8Array} content */
function sha256(content) {
  return createHash('sha256').update(content).digest('base64');
}
