import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const at = (name: string) => path.join(root, name);
const kernels = (...words: string[]) => normface('kernels', ...words);

describe('normface kernels list', () => {
  test('tells of every kernel, or of those asked for', async () => {
    const { exitCode, stdout } = await kernels();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^gemm +matmul, .* Operand loader of a dense matrix product/m);
    const some = await kernels('list', 'max_pool');
    expect(some.stdout).toMatch(/^max_pool2d_forward/m);
    expect(some.stdout).not.toMatch(/^gemm/m);
    expect(some.stdout).toMatch(/^2 kernels/m);
    const long = await kernels('list', 'gemm', '--long');
    for (const line of [
      /^operators {3}matmul, .*conv2d/m,
      /^mainloops {3}tile_product_pipelined, tile_product_stationary, tile_product_subgroup, tile_product_workgroup/m,
      /^constants {3}M, N, K, PRODUCTS, CHUNK$/m,
      /^conditions {2}.*transpose_a/m,
      /^ {2}a {5}\[products, M, K\]/m,
    ])
      expect(long.stdout).toMatch(line);
    const none = await kernels('list', 'no such thing');
    expect(none.exitCode).toBe(1);
    expect(none.stderr).toBe(
      'normface: no kernel has "no such thing" in its name, operators or description\n',
    );
  });

  test('as JSON', async () => {
    const { stdout } = await normface('--json', 'kernels', 'list', 'prelu_forward');
    const [entry] = JSON.parse(stdout) as Record<string, unknown>[];
    expect(entry).toMatchObject({ name: 'prelu_forward', operators: ['prelu'], mainloops: [] });
    expect(entry!.constants).toContain('WORKGROUP');
  });
});

describe('normface kernels show', () => {
  const words = ['show', 'conv2d_grad_weight', '--case', '2x6x5x4 3x3 8'];

  test('prints the WGSL with everything about the dispatch', async () => {
    const { exitCode, stdout } = await kernels(...words);
    expect(exitCode).toBe(0);
    for (const line of [
      /^case +conv2d 2×6×5×4, 3×3×4×8 \{"padding":\[1,1,1,1\]\}$/m,
      /^variants subgroup (\d+)×\1, /m,
      /^ {2}Operand loader of the weight gradient of a 2-D convolution/m,
      /^dispatch \d+ of conv2d backward, mainloop tile_product_/m,
      /^ +conv2d_grad_weight: \S+ .*, /m,
      /^grid +\d+ × \d+ × \d+ workgroups of \d+×1×1 invocations$/m,
      /^needs +\d+ bytes of workgroup memory, about \d+ registers/m,
      /^cost +34.6 kFLOP, .* FLOP a byte$/m,
      /^ +0 +x +read +f32 +2×6×5×4 +120, 20, 4, 1 +960$/m,
      /^KERNEL_W +3 +follows from the case$/m,
      /^conditions vec4_x, vec4_y/m,
      /@compute @workgroup_size/,
    ])
      expect(stdout).toMatch(line);
  });

  test('prints the file, or writes the WGSL', async () => {
    const source = await kernels('show', 'relu_forward', '--source');
    expect(source.stdout).toContain(
      fs.readFileSync('src/shaders/elementwise/relu_forward.wesl', 'utf8').trimEnd(),
    );
    const written = await kernels(...words, '--out', at('gradient.wgsl'));
    expect(written.stdout).toContain(`written to ${at('gradient.wgsl')}`);
    expect(fs.readFileSync(at('gradient.wgsl'), 'utf8')).toMatch(/@compute/);
    expect((await kernels(...words, '--out', at('gradient.wgsl'))).exitCode).toBe(0);
    fs.writeFileSync(at('gradient.wgsl'), 'edited');
    const kept = await kernels(...words, '--out', at('gradient.wgsl'));
    expect([kept.exitCode, kept.stderr]).toEqual([
      1,
      `normface: ${at('gradient.wgsl')} exists already with other content; --force replaces it\n`,
    ]);
    expect(fs.readFileSync(at('gradient.wgsl'), 'utf8')).toBe('edited');
    expect((await kernels(...words, '--out', at('gradient.wgsl'), '--force')).exitCode).toBe(0);
    expect(fs.readFileSync(at('gradient.wgsl'), 'utf8')).toMatch(/@compute/);
    const { exitCode, stderr } = await kernels(...words, '--out', at('gradient.wgsl/below.wgsl'));
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/^normface: cannot write .*: a part of the path is not a folder\n$/),
    ]);
  });

  test('with another variant and constant, as the help has it', async () => {
    const variant = ['--variant', 'workgroup 64×64', '--set', 'BLOCKS=1'];
    const { exitCode, stdout } = await kernels('show', 'gemm', '--case', '512', ...variant);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^BLOCKS +1 +the tile workgroup 64×64$/m);
    expect(stdout).toMatch(/ of 256×1×1 invocations$/m);
  });

  test('as JSON', async () => {
    const { stdout } = await normface('--json', 'kernels', ...words);
    const { kernel, operator, dispatches } = JSON.parse(stdout);
    expect([kernel, operator]).toEqual(['conv2d_grad_weight', 'conv2d']);
    expect(dispatches[0].bindings.length).toBe(3);
  });
});

describe('normface kernels run', () => {
  test('checks and times', async () => {
    const { exitCode, stdout } = await kernels('run', 'prelu_forward', '--case', '2x6x5x8', '--rounds', '2');
    expect(stdout).toMatch(/^output +float64 reference +\S+ +2.0e-5 +\S+ +1.0e-5 +ok$/m);
    expect(stdout).toMatch(/^gradient of input 2 +finite differences of the reference +\S+ +1.0e-4 .*ok$/m);
    expect(stdout).toMatch(/^output +second run +0 +0 +ok$/m);
    expect(stdout).toMatch(/^#0 prelu +[\d.]+ [µm]?s +/m);
    expect(stdout).toMatch(/^roofline: (at least )?[\d.]+ GFLOP\/s, [\d.]+ GB\/s; times by .*, 2 rounds$/m);
    expect(exitCode).toBe(0);
  });

  test('sweeps', async () => {
    const words = ['run', 'relu_forward', '--case', '2x6x5x8', '--rounds', '2', '--sweep', 'STEPS=1,2'];
    const { exitCode, stdout } = await kernels(...words);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^1( \*)? +[\d.]+ [µm]?s .* ok$/m);
    expect(stdout).toMatch(/^2( \*)? +[\d.]+ [µm]?s .* ok$/m);
    expect(stdout).toMatch(/^\* least median/m);
    expect(stdout.match(/ no telling below 6 rounds +ok$/gm)).toHaveLength(1);
  });

  test('a changed kernel beside the default one; a wrong one fails', async () => {
    const words = ['run', 'relu_forward', '--case', '9x13', '--rounds', '6'];
    await kernels('show', 'relu_forward', '--case', '9x13', '--out', at('relu.wgsl'));
    const right = await kernels(...words, '--file', at('relu.wgsl'), '--baseline');
    expect(right.exitCode).toBe(0);
    expect(right.stdout).toMatch(/^output +default kernel +0 +\S+ +ok$/m);
    expect(right.stdout).toMatch(/^#0 relu, changed .* (not distinguishable|[\d.]+×) \([\d.]+–[\d.]+\)$/m);
    expect(right.stdout).toMatch(/^#0 relu, default /m);
    fs.writeFileSync(
      at('wrong.wgsl'),
      fs.readFileSync(at('relu.wgsl'), 'utf8').replace('value <= Value()', 'value > Value()'),
    );
    const wrong = await kernels(...words, '--file', at('wrong.wgsl'), '--baseline');
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stdout).toMatch(/^not timed: wrong results have no speed/m);
    expect(wrong.stdout).not.toMatch(/\d [µm]?s\b|GB\/s|GFLOP/);
    expect(wrong.stdout).toMatch(/^output +float64 reference .* WRONG: \S+ instead of \S+ at \d+$/m);
  });

  test('as JSON: the ratio with its interval; nothing of the speed of a wrong kernel', async () => {
    const words = ['kernels', 'run', 'relu_forward', '--case', '9x13', '--rounds', '6', '--baseline'];
    await kernels('show', 'relu_forward', '--case', '9x13', '--out', at('same.wgsl'));
    const { stdout } = await normface('--json', ...words, '--file', at('same.wgsl'));
    const { ratios, roofline } = JSON.parse(stdout);
    expect(ratios).toEqual([
      { median: expect.any(Number), interval: [expect.any(Number), expect.any(Number)], rounds: 6 },
    ]);
    expect(roofline.gflops).toBeGreaterThan(0);
    fs.writeFileSync(
      at('wrong.wgsl'),
      fs.readFileSync(at('same.wgsl'), 'utf8').replace('value <= Value()', 'value > Value()'),
    );
    const wrong = await normface('--json', ...words, '--file', at('wrong.wgsl'));
    expect(wrong.exitCode).toBe(1);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ speeds: null, baseline: null, ratios: null });
    expect(wrong.stdout).not.toContain('microseconds');
  });

  test.each([
    [['run', 'gem'], 2, /there is no kernel "gem", did you mean "gemm"/],
    [['run', 'gemm', '--case', '12', '--sweep', 'x'], 2, /sweep "x" is not like/],
    [['run', 'gemm', '--case', '12', '--set', 'M'], 2, /--set M: write NAME=value/],
    [['run', 'gemm', '--case', '12', '--grid', '0x2'], 2, /--grid 0x2: write up to three whole numbers/],
    [['run', 'gemm', '--case', '12', '--file', 'missing.wgsl'], 1, /cannot read missing.wgsl: \w/],
    [['run', 'gemm', '--case', '12', '--baseline'], 2, /baseline is for a changed kernel/],
    [['show', 'gemm', '--case', '12', '--dispatch', '99'], 2, /dispatch 99 of this case is none of gemm/],
    [
      ['show', 'relu_forward', '--case', '9999999x99999999'],
      1,
      /tensor of shape \[9999999, 99999999\] needs/,
    ],
    [['run', 'gemm', '--case', '1000000000'], 1, /tensor of shape \[1000000000, 1000000000\] needs/],
    [['show', 'relu_forward', '--case', '3 4'], 2, /case "3 4" does not fit relu/],
  ])('%j is refused in one sentence', async (words, exitCode, message) => {
    const outcome = await kernels(...words);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr.trim().split('\n').length).toBe(1);
    expect(outcome.exitCode).toBe(exitCode);
  });
});
