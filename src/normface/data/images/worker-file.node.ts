import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeFolders } from '../../../common/files.node.ts';

/**
 * The script of the decode worker. The build puts it as `decode-worker.js` beside the bundle. When the sources themselves run
 * (tests, development), Node 20 cannot load TypeScript in a worker, so it is bundled once into `node_modules/.cache`.
 */
export function decodeWorkerFile(): Promise<URL> {
  file ??= import.meta.url.endsWith('.ts')
    ? bundleSources()
    : Promise.resolve(new URL('./decode-worker.js', import.meta.url));
  return file;
}

let file: Promise<URL> | undefined;

async function bundleSources(): Promise<URL> {
  const { buildSync } = await import('esbuild');
  const result = buildSync({
    entryPoints: [fileURLToPath(new URL('./decode-worker.node.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    target: 'node20',
  });
  const code = result.outputFiles[0]!.contents;
  const folder = new URL('../../../node_modules/.cache/normface/', import.meta.url);
  makeFolders(fileURLToPath(folder));
  // Named by content and renamed into place: several processes may do this at once.
  const digest = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const target = new URL(`decode-worker-${digest}.mjs`, folder);
  const temporary = new URL(`decode-worker-${digest}-${process.pid}.tmp`, folder);
  writeFileSync(temporary, code);
  renameSync(temporary, target);
  return target;
}
