import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { encode, tarOf, temporaryFolder, writeTree } from './fixtures.ts';

const repository = resolve(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** Bundles a script that imports the sources, with the decode worker beside it as in the package. @returns the file to run */
async function bundle(script: string): Promise<string> {
  // Below node_modules, so that the bundles find the packages.
  const cache = join(repository, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const outdir = mkdtempSync(join(cache, 'normface-test-'));
  afterAll(() => rmSync(outdir, { recursive: true, force: true }));
  const options = { bundle: true, platform: 'node', format: 'esm', packages: 'external', outdir } as const;
  await build({
    ...options,
    stdin: { contents: script, resolveDir: repository, sourcefile: 'entry.ts', loader: 'ts' },
  });
  await build({
    ...options,
    entryPoints: { 'decode-worker': join(repository, data, 'images/decode-worker.node.ts') },
  });
  return join(outdir, 'stdin.js');
}

const data = './src/normface/data';

test('in a bundle the worker beside it is used, and a loader that nobody closes does not keep the process alive', async () => {
  const tree = writeTree(temporaryFolder(), { 'a/1.jpg': await encode('jpeg', 12, 14, 1), 'b/1.jpg': '' });
  const script = await bundle(`
    import { BatchLoader } from '${data}/batches/loader.node.ts';
    import { openDataset } from '${data}/open.node.ts';
    const dataset = await openDataset(process.argv[2]);
    const onCorrupt = (name) => console.log('skipped', name);
    const loader = new BatchLoader(dataset, { width: 12, height: 14, batchSize: 3, seed: 1, cacheBytes: 0, onCorrupt });
    const batch = await loader.next();
    console.log(batch.indices.join(), batch.pixels.length);
  `);
  const { stdout } = await run(process.execPath, [script, tree], { timeout: 60_000 });
  expect(stdout).toBe(`skipped b/1.jpg\n0,0,0 ${3 * 12 * 14 * 4}\n`);
});

test('a pool that is closed while a reply waits to be read lets the process go on', async () => {
  const script = await bundle(`
    import { DecodePool } from '${data}/images/worker-pool.node.ts';
    const pool = new DecodePool(1);
    const image = [{ kind: 'grey', width: 4, height: 4, pixels: new Uint8Array(16) }];
    const size = { width: 4, height: 4 };
    await pool.decode(image, size, false);
    const late = pool.decode(image, size, false).catch(() => 'refused');
    // The thread answers while this one is busy, so the answer is unread when the pool closes.
    for (const end = Date.now() + 1000; Date.now() < end; );
    await pool.close();
    console.log('closed', await late);
  `);
  const { stdout } = await run(process.execPath, [script], { timeout: 60_000 });
  expect(stdout).toBe('closed refused\n');
});

test.skipIf(process.platform === 'win32')(
  'an unpacked archive is removed when a signal ends the process, and after one ended by force by the next',
  async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'faces.tar.gz');
    writeFileSync(path, gzipSync(await tarOf({ 'a/1.jpg': await encode('jpeg', 12, 14, 1) })));
    const script = await bundle(`
    import { openDataset } from '${data}/open.node.ts';
    await openDataset(process.argv[2]);
    if (process.argv[3]) process.on('SIGTERM', () => setTimeout(() => process.exit(7), 100));
    console.log('open');
    setInterval(() => {}, 1000);`);
    const temporary = join(folder, 'tmp');
    mkdirSync(temporary);
    /** Ends a process by a signal once the archive is open. @returns what it ended with, and the folders that are left */
    const ended = async (signal: NodeJS.Signals, ...more: string[]) => {
      const child = spawn(process.execPath, [script, path, ...more], {
        env: { ...process.env, TMPDIR: temporary },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      expect(readdirSync(temporary)).toHaveLength(1);
      child.kill(signal);
      const [code, by] = await once(child, 'exit');
      return [code ?? by, readdirSync(temporary).length];
    };
    expect(await ended('SIGTERM')).toEqual(['SIGTERM', 0]);
    expect(await ended('SIGINT')).toEqual(['SIGINT', 0]);
    expect(await ended('SIGTERM', 'listens')).toEqual([7, 0]);
    expect(await ended('SIGKILL')).toEqual(['SIGKILL', 1]);
    expect(await ended('SIGHUP')).toEqual(['SIGHUP', 0]);
  },
  60_000,
);
