import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeFolders } from './files.node.ts';

const files = new Map<string, Promise<URL>>();

/**
 * The script of a thread or a process that this program starts. The build puts it as `NAME.js` beside the bundle. When the sources
 * themselves run (tests, development), Node 20 cannot load TypeScript, so `NAME.node.ts` is bundled once into `node_modules/.cache`.
 *
 * @param caller the module beside which `NAME.node.ts` lies: its `import.meta.url`
 */
export function scriptFile(name: string, caller: string): Promise<URL> {
  let file = files.get(name);
  if (!file) {
    file = caller.endsWith('.ts')
      ? bundleSource(name, new URL(`./${name}.node.ts`, caller))
      : Promise.resolve(new URL(`./${name}.js`, caller));
    files.set(name, file);
  }
  return file;
}

/** Bundles a source file for Node; packages stay imports. */
export async function bundleSource(name: string, source: URL): Promise<URL> {
  const { buildSync } = await import('esbuild');
  const result = buildSync({
    entryPoints: [fileURLToPath(source)],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    target: 'node20',
    loader: { '.wesl': 'text' },
  });
  const code = result.outputFiles[0]!.contents;
  const folder = new URL('../../node_modules/.cache/normface/', import.meta.url);
  makeFolders(fileURLToPath(folder));
  // Named by content and renamed into place: several processes may do this at once.
  const digest = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const target = new URL(`${name}-${digest}.mjs`, folder);
  const temporary = new URL(`${name}-${digest}-${process.pid}.tmp`, folder);
  writeFileSync(temporary, code);
  renameSync(temporary, target);
  return target;
}
