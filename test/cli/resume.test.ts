import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readLog } from '../../src/normface/training/run/run-folder.node.ts';
import { RunLock } from '../../src/normface/training/run/run-lock.node.ts';
import { encode, writeTree } from '../normface/data/fixtures.ts';
import { normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const original = path.join(root, 'original-001');
const images = path.join(root, 'images');

beforeAll(async () => {
  const names = ['a', 'b', 'c'].flatMap((person) => [1, 2, 3].map((image) => `${person}/${image}.png`));
  const pictures = await Promise.all(names.map((_, i) => encode('png', 48, 56, i + 1)));
  writeTree(images, Object.fromEntries(names.map((name, i) => [name, pictures[i]!])));
  const words = ['--steps', '6', '--set', 'checkpoint.everySteps=2', '--name', 'original', '--verify-data'];
  const trained = await normface(
    ...['train', '--data', images, '--net', 'tiny', '--batch', '8', '--output', root, ...words],
  );
  expect(trained.stderr).toBe('');
  expect(trained.exitCode).toBe(0);
});

/** A copy of the run of 6 steps with the checkpoints 2, 4 and 6. */
function copyOfRun(name: string): string {
  const run = path.join(root, name);
  fs.cpSync(original, run, { recursive: true, preserveTimestamps: true });
  return run;
}

const checkpoint = (run: string, step: number) => path.join(run, 'ckpt', `step-0000000${step}`);
const checkpoints = (run: string) => fs.readdirSync(path.join(run, 'ckpt')).sort();

test('a run resumed in the middle starts a branch: what came later is set aside and never counted', async () => {
  const run = copyOfRun('branch');
  const settings = ['--force', '--lr', '0.001', '--steps', '5', '--set', 'checkpoint.keep=3'];
  const resumed = await normface('train', '--resume', checkpoint(run, 2), ...settings);
  expect(resumed.exitCode).toBe(0);
  expect(resumed.stderr).toMatch(
    /goes on from step 2; later checkpoints of the attempt before are set aside: .*abandoned-001-step-00000004, .*abandoned-001-step-00000006/,
  );
  expect(resumed.stdout).toContain(`saved   ${checkpoint(run, 5)}`);
  expect(checkpoints(run)).toEqual([
    ...['abandoned-001-step-00000004', 'abandoned-001-step-00000006'],
    ...['step-00000002', 'step-00000004', 'step-00000005'],
  ]);
  expect(
    readLog(run)
      .map(({ event, step }) => `${event} ${step}`)
      .slice(-6),
  ).toEqual(['resume 2', 'set-aside 2', 'checkpoint 4', 'step 5', 'checkpoint 5', 'done 5']);
  const aside = path.join(run, 'ckpt', 'abandoned-001-step-00000006');
  const again = await normface('train', '--resume', aside);
  expect([again.exitCode, again.stderr]).toEqual([1, expect.stringMatching(/was set aside/)]);
});

test('settings that were edited in config.json are noticed and named', async () => {
  const run = copyOfRun('edited');
  const file = path.join(run, 'config.json');
  const config = JSON.parse(fs.readFileSync(file, 'utf8'));
  fs.writeFileSync(file, JSON.stringify({ ...config, seed: 7, log: { everySteps: 1 } }));
  const refused = await normface('train', '--resume', run);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toMatch(
    /settings in .*config.json are not those that .*step-00000006 was trained with \(seed\); add --force/,
  );
  const silent = { ...config, log: { everySteps: 1 } };
  fs.writeFileSync(file, JSON.stringify(silent));
  expect((await normface('train', '--resume', run, '--dry-run')).exitCode).toBe(0);
});

test('another precision is refused, forced or not, by a sentence with both', async () => {
  const run = copyOfRun('halved');
  const sentence =
    'normface: the resumed run was trained with precision f32 and cannot go on with f16; start a new run with --from to change it\n';
  for (const force of [[], ['--force']])
    expect(await normface('train', '--resume', run, '--set', 'precision=f16', ...force)).toEqual({
      ...{ exitCode: 2, stdout: '', stderr: sentence },
    });
  const file = path.join(run, 'config.json');
  const config = JSON.parse(fs.readFileSync(file, 'utf8'));
  fs.writeFileSync(file, JSON.stringify({ ...config, precision: 'f16' }));
  expect((await normface('train', '--resume', run, '--force')).stderr).toBe(sentence);
});

test('fewer steps than are done are refused', async () => {
  const run = copyOfRun('shorter');
  const refused = await normface('train', '--resume', run, '--force', '--steps', '3');
  expect([refused.exitCode, refused.stderr]).toEqual([
    2,
    expect.stringMatching(/the checkpoint is of step 6, past the 3 steps of the run/),
  ]);
});

test('a damaged checkpoint is named, and the one before it', async () => {
  const run = copyOfRun('damaged');
  const file = path.join(checkpoint(run, 6), 'optimiser.safetensors');
  const bytes = fs.readFileSync(file);
  bytes[bytes.length - 1]! ^= 1;
  fs.writeFileSync(file, bytes);
  const { exitCode, stderr } = await normface('train', '--resume', run);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    `${file} is damaged: its SHA-256 is not the one that DONE has of it; ` +
      `the checkpoint before it, ${checkpoint(run, 4)}, is sound: name that one`,
  );
  expect(fs.existsSync(path.join(run, 'lock.json'))).toBe(false);
});

test('a checkpoint of an older version is resumed, with a word', async () => {
  const run = copyOfRun('older');
  fs.writeFileSync(path.join(checkpoint(run, 6), 'DONE'), '');
  const stateFile = path.join(checkpoint(run, 6), 'state.json');
  const { imageFiles: _, contentsHash: __, ...state } = JSON.parse(fs.readFileSync(stateFile, 'utf8'));
  fs.writeFileSync(stateFile, JSON.stringify(state));
  const { exitCode, stderr } = await normface('train', '--resume', run);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^warning: .*step-00000006 was saved by an older version without checksums/);
});

test('a run in which another process trains is left alone', async () => {
  const run = copyOfRun('busy');
  const before = checkpoints(run);
  const lock = new RunLock(run);
  const { exitCode, stderr } = await normface('train', '--resume', checkpoint(run, 2));
  lock.release();
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/is in use by process \d+ on /)]);
  expect(checkpoints(run)).toEqual(before);
});

test('images that were changed under their names are noticed by size, else by time or contents', async () => {
  const run = copyOfRun('changed');
  const one = path.join(images, 'a/1.png');
  const [bytes, times] = [fs.readFileSync(one), fs.statSync(one)];
  fs.utimesSync(one, 5, 5);
  const touched = await normface('train', '--resume', run);
  expect(touched.exitCode).toBe(0);
  expect(touched.stderr).toMatch(/other times than when the run was started.*--verify-data compares/);
  const verified = await normface('train', '--resume', run, '--verify-data');
  expect([verified.exitCode, verified.stderr]).toEqual([0, '']);
  const changed = Buffer.from(bytes);
  changed[changed.length - 1]! ^= 1;
  fs.writeFileSync(one, changed);
  fs.utimesSync(one, times.atime, times.mtime);
  const contents = await normface('train', '--resume', run, '--verify-data');
  expect(contents.exitCode).toBe(1);
  expect(contents.stderr).toMatch(/images of images do not hold what they held when the run was started/);
  fs.appendFileSync(one, 'x');
  const sizes = await normface('train', '--resume', run);
  fs.writeFileSync(one, bytes);
  fs.utimesSync(one, times.atime, times.mtime);
  expect(sizes.exitCode).toBe(1);
  expect(sizes.stderr).toMatch(/images of images have other sizes than when the run was started/);
});

test('an emptied DONE of this version is damage, not an older version', async () => {
  const run = copyOfRun('emptied');
  fs.writeFileSync(path.join(checkpoint(run, 6), 'DONE'), '');
  const { exitCode, stderr } = await normface('train', '--resume', run);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`DONE is damaged: it is not what a finished checkpoint says of its files`);
  expect(stderr).toContain(`${checkpoint(run, 4)}, is sound`);
});

test('a finished run that is resumed claims nothing saved, and tells of the contents that it did not compare', async () => {
  const run = copyOfRun('finished');
  const resumed = await normface('train', '--resume', run);
  expect([resumed.exitCode, resumed.stderr]).toEqual([0, '']);
  expect(resumed.stdout).not.toMatch(/^saved/m);
  expect(resumed.stdout).toContain(`nothing trained and nothing saved beyond ${checkpoint(run, 6)}`);
  expect(resumed.stdout).toContain('not compared; --verify-data does');
  const verified = await normface('train', '--resume', run, '--verify-data');
  expect(verified.stdout).not.toContain('not compared');
});
