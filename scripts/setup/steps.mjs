import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDriver, openAdapter } from './adapter.mjs';
import { findChromium, installChromium } from './chromium.mjs';
import { adapterFingerprint } from './fingerprint.mjs';
import { withLock } from './lock.mjs';
import { installPackages, packagesAreFresh } from './packages.mjs';
import { run, SetupError, say } from './process.mjs';
import { buildIsFresh } from './sources.mjs';
import { readState, updateState } from './state.mjs';

export { SetupError };

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const STEPS = [
  { isDone: packagesAreFresh, perform: installPackages },
  { isDone: buildIsFresh, perform: build },
  { isDone: adapterIsKnown, perform: findAdapter },
];

/** Only the tests of the web application need it. */
const BROWSER_STEP = { isDone: () => findChromium() !== undefined, perform: installChromium };

/**
 * Takes each step that is not done yet, one process at a time.
 *
 * @param {{ browser?: boolean }} options `browser`: a Chromium is needed too
 */
export async function setUp({ browser = false } = {}) {
  const steps = browser ? [...STEPS, BROWSER_STEP] : STEPS;
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
