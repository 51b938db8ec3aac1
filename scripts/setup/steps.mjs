import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDriver, openAdapter } from './adapter.mjs';
import { findBrowser, installBrowser } from './browsers.mjs';
import { adapterFingerprint } from './fingerprint.mjs';
import { withLock } from './lock.mjs';
import { hasMpi, installMpi, MPI_NAMES } from './mpi.mjs';
import { installPackages, packagesAreFresh } from './packages.mjs';
import { run, SetupError, say } from './process.mjs';
import { buildIsFresh } from './sources.mjs';
import { readState, updateState } from './state.mjs';

export { SetupError };

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The package of other runtimes: Deno, Bun, more versions of Node. */
export const RUNTIMES = join(ROOT, 'test/implementations');

const STEPS = [
  { isDone: packagesAreFresh, perform: installPackages },
  { isDone: buildIsFresh, perform: build },
  { isDone: adapterIsKnown, perform: findAdapter },
];

/**
 * What only some tests need. Where one cannot be had and says what is done `without` it, that is no failure.
 *
 * @typedef {{ isDone: (root: string) => boolean, perform: (root: string) => Promise<void>, without?: string }} Step
 * @type {Readonly<Record<string, Step>>}
 */
const EXTRAS = {
  '--browser': {
    isDone: () => findBrowser('chromium') !== undefined,
    perform: () => installBrowser('chromium'),
  },
  '--firefox': {
    isDone: () => findBrowser('firefox') !== undefined,
    perform: () => installBrowser('firefox'),
    without: 'the tests in Firefox are skipped',
  },
  '--runtimes': {
    isDone: () => packagesAreFresh(RUNTIMES),
    perform: () => installPackages(RUNTIMES),
    without: 'the tests in Deno, Bun and other versions of Node are skipped',
  },
  '--ranks': {
    isDone: () => hasMpi(),
    perform: () => installMpi(),
  },
  '--mpi': {
    isDone: () => hasMpi(MPI_NAMES),
    perform: () => installMpi(MPI_NAMES),
    without: 'the tests on launchers of MPI that are not here are skipped',
  },
};

/**
 * Takes each step that is not done yet, one process at a time.
 *
 * @param {readonly string[]} words names of extras
 */
export async function setUp(words = []) {
  const extras = words.map((word) => {
    const step = EXTRAS[word];
    if (!step) throw new SetupError(`there is no ${word}; there are ${Object.keys(EXTRAS).join(', ')}`);
    return { ...step, perform: optional(step) };
  });
  const steps = [...STEPS, ...extras];
  if (!steps.every((step) => step.isDone(ROOT))) {
    const takeSteps = async () => {
      for (const step of steps) if (!step.isDone(ROOT)) await step.perform(ROOT);
    };
    await withLock(join(ROOT, '.setup.lock'), takeSteps, (pid) =>
      say(`waiting for the set-up that process ${pid} is at`),
    );
  }
  say(`ready, adapter ${readState(ROOT).adapter?.description}`);
}

/** @param {Step} step @returns {Step['perform']} which says what is done without the step where it fails */
function optional({ perform, without }) {
  return (root) =>
    perform(root).catch((error) => {
      if (!without || !(error instanceof SetupError)) throw error;
      say(`${without}: ${error.message}`);
    });
}

/** @param {string} root */
async function build(root) {
  say('building dist (npm run build)');
  const result = await run(process.execPath, [join(root, 'scripts/build.mjs')], {
    cwd: root,
    timeoutSeconds: 600,
  });
  if (result.ok) return;
  process.stderr.write(result.stdout + result.stderr);
  throw new SetupError('dist cannot be built from these sources, see above');
}

/** @param {string} root */
function adapterIsKnown(root) {
  return readState(root).adapter?.fingerprint === adapterFingerprint(root);
}

/** @param {string} root */
async function findAdapter(root) {
  say('looking for a WebGPU adapter');
  const { adapter, problem } = await openAdapter();
  if (problem) throw new SetupError(`no WebGPU adapter can open on this machine: ${problem}`);
  const description = adapter ?? (await installDriver());
  updateState(root, { adapter: { fingerprint: adapterFingerprint(root), description } });
}
