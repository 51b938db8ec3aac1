/** The set-up, the peers of bench/package.json if they are missing, then one of the programs of the benchmark, bundled. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { BENCH_BUNDLE, ROOT } from '../bundles.mjs';

const folder = join(ROOT, 'bench');

/** @param {string[]} args */
async function node(...args) {
  const [status] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
  return status ?? 1;
}

/** @param {string} program one of the entry points of BENCH_BUNDLE; it gets the words of this command line */
export async function runBench(program) {
  const ready = await node(join(ROOT, 'scripts/setup.mjs'));
  if (ready !== 0) process.exit(ready);
  // What the set-up may just have installed.
  const { build } = await import('esbuild');
  const { installPackages, packagesAreFresh } = await import('../setup/packages.mjs');
  const { SetupError } = await import('../setup/process.mjs');
  try {
    if (!packagesAreFresh(folder)) await installPackages(folder);
    await build(BENCH_BUNDLE);
  } catch (error) {
    console.error(
      `${program}: ${error instanceof SetupError ? error.message : `the build failed, ${error}`}`,
    );
    process.exit(1);
  }
  process.exitCode = await node(
    '--enable-source-maps',
    join(folder, `.build/${program}.js`),
    ...process.argv.slice(2),
  );
}
