import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const at = (name: string) => path.join(root, name);
const small = ['--net', 'tiny', '--batch', '4', '--runs', '2'];

describe('normface profile', () => {
  test('of a training step: tables, and files that hold the same numbers', async () => {
    const words = [
      'profile',
      'train',
      ...small,
      '--loss',
      'normface',
      '--classes',
      '7',
      '--out',
      at('train'),
    ];
    const { exitCode, stdout, stderr } = await normface(...words);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^tiny, batch 4, normface, 7 people$/m);
    expect(stdout).toMatch(/^fusedConv2d +\d/m);
    expect(stdout).toMatch(/^fusedConv2d backward +\d/m);
    expect(stdout).toMatch(/^SGD +1 +1 /m);
    expect(stdout).toMatch(/^conv1 \+ \w+ .* (arithmetic|memory) +[\d.]+ %$/m);
    expect(stdout).toMatch(/^loss +\d/m);
    expect(fs.readdirSync(at('train')).sort()).toEqual([
      'memory.svg',
      'profile.html',
      'profile.json',
      'trace.json',
    ]);
    const profile = JSON.parse(fs.readFileSync(at('train/profile.json'), 'utf8'));
    expect(profile).toMatchObject({ title: 'tiny, batch 4, normface, 7 people', runs: 2 });
    expect(profile.stepMicroseconds).toBeGreaterThan(0);
    for (const { microseconds, bindings, kernel } of profile.dispatches) {
      expect(microseconds, kernel).toBeGreaterThanOrEqual(0);
      expect(bindings.length, kernel).toBeGreaterThan(0);
    }
    const { memory } = profile;
    for (const { block, offset, bytes, first, last, label } of memory.residents) {
      expect(offset + bytes, label).toBeLessThanOrEqual(memory.blocks[block]);
      expect(first, label).toBeLessThanOrEqual(last);
      expect(label).toMatch(/^\w[\w ]*: \w+ \[.*\]$/);
    }
    const chosen = profile.dispatches.find(({ kernel }: { kernel: string }) =>
      kernel.startsWith('conv2d_forward'),
    );
    expect(chosen.choice.reason).toMatch(/default|measured|only/);
    const trace = JSON.parse(fs.readFileSync(at('train/trace.json'), 'utf8'));
    expect(trace.traceEvents.length).toBeGreaterThan(profile.dispatches.length);
    expect(fs.readFileSync(at('train/profile.html'), 'utf8')).toContain('</html>');
  });

  test('of embedding, as JSON', async () => {
    const { exitCode, stdout } = await normface('--json', 'profile', 'embed', ...small);
    expect(exitCode).toBe(0);
    const { title, dispatches } = JSON.parse(stdout);
    expect(title).toBe('tiny, batch 4, embedding');
    expect(dispatches.some(({ operator }: { operator: string }) => operator.includes('backward'))).toBe(
      false,
    );
  });

  test('estimated for a card that is not here: its kernels, a time for each, and nothing is run', async () => {
    const words = ['profile', 'train', ...small, '--classes', '7', '--estimate', 'h200', '--out', at('h200')];
    const { exitCode, stdout, stderr } = await normface(...words);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^tiny, batch 4, softmax, 7 people, on NVIDIA H200$/m);
    expect(stdout).toMatch(/estimated, nothing was run; the whole step .* % of the peak/);
    const beside = [
      ...words.slice(0, -4),
      '--estimate',
      'm2',
      '--compare',
      at('h200/profile.json'),
      '--top',
      '0',
    ];
    const compared = await normface(...beside);
    expect([compared.exitCode, compared.stderr]).toEqual([0, '']);
    expect(compared.stdout).toMatch(/^conv1 \+ .* \d+\.\d\d×$/m);
    expect(compared.stdout).toMatch(/^A: .*M2[\s\S]*^B: .*H200/m);
    const profile = JSON.parse(fs.readFileSync(at('h200/profile.json'), 'utf8'));
    const names = profile.dispatches.map(({ kernel }: { kernel: string }) => kernel);
    // What a GPU of this class gets, whatever adapter is here.
    expect(names.some((name: string) => name.endsWith('tile_product_workgroup'))).toBe(true);
    expect(names.some((name: string) => name.endsWith('tile_product_subgroup'))).toBe(false);
    let sum = 0;
    for (const { microseconds, flops, kernel } of profile.dispatches) {
      // None is faster than the published peak.
      expect(microseconds, kernel).toBeGreaterThan(flops / (1e3 * profile.roofline.gflops));
      sum += microseconds;
    }
    expect(profile.stepMicroseconds).toBeCloseTo(sum, 6);
    const page = fs.readFileSync(at('h200/profile.html'), 'utf8');
    expect(page).toContain('Nothing was run');
    expect(page).not.toContain('class="kind measured"');
  });

  test.each([
    [['profile', 'train', '--estimate', 'rtx-4091'], 2, /rtx-4091.*rtx-4090/],
    [['profile', 'train', '--net', 'tinny'], 2, /tinny/],
    [['profile', 'train', '--config', 'missing.json'], 2, /missing.json/],
    [['profile', 'embed', ...small, '--compare', 'package.json'], 1, /package.json is no profile/],
    [['profile', 'embed', ...small, '--order', 'size'], 2, /--order .*time, step/],
  ])('%j is refused in one sentence', async (words, exitCode, message) => {
    const outcome = await normface(...words);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr.trim().split('\n').length).toBe(1);
    expect(outcome.exitCode).toBe(exitCode);
  });

  test('a folder that cannot be made is known before anything runs', async () => {
    fs.writeFileSync(at('file'), '');
    const { exitCode, stdout, stderr } = await normface('profile', 'embed', ...small, '--out', at('file/x'));
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^normface: cannot write into .*file\/x: \w[^\n]*\n$/);
  });
});

describe('DEBUG', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('tells of the steps of a command on stderr', async () => {
    vi.stubEnv('DEBUG', '2');
    const { exitCode, stdout, stderr } = await normface('profile', 'embed', ...small, '--top', '0');
    expect(exitCode).toBe(0);
    expect(stdout).not.toMatch(/^step \d/m);
    expect(stderr).toMatch(/^step 0: \d+ dispatches/m);
    expect(stderr).toMatch(/^ {2}#0 imageBatch: image_batch, /m);
  });
});
