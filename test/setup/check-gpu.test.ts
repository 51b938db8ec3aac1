/** `npm run check:gpu` as a whole, on kernels that compile quickly. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type CommittedTable,
  emptyTable,
  faultsOf,
  readTable,
  tableText,
  withAnswer,
} from '../../scripts/check-gpu/committed.ts';
import type { CompileAnswer } from '../../scripts/check-gpu/compile.ts';
import { usualGpus } from '../../scripts/check-gpu/options.ts';
import { tablePage } from '../../scripts/check-gpu/page.ts';
import { isSpilling } from '../../scripts/check-gpu/summary.ts';
import { hasGpuCompilers } from '../../scripts/setup/gpu-compilers.mjs';
import { grouped } from '../../src/common/format.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'normface-check-gpu-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function check(...words: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('node', ['scripts/check-gpu.mjs', ...words], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

const answersIn = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, CompileAnswer>;

/** So many numbers that are all read before the first is written, and so in registers at once. */
const holding = (count: number): string => {
  const lines = Array.from({ length: count }, (_, i) => i);
  return `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
${lines.map((i) => `  let x${i} = x[id.x + ${64 * i}u];`).join('\n')}
${lines.map((i) => `  x[id.x + ${64 * i}u] = x${count - 1 - i} * x${(7 * i) % count};`).join('\n')}
}\n`;
};

test('options that contradict each other are refused in a sentence', () => {
  const { status, output } = check('--update', '--only', 'gemm');
  expect(status).toBe(2);
  expect(output).toContain('--update writes the figures of all kernels');
});

describe('the committed table', () => {
  const committed = readTable(join(root, 'bench/results/check-gpu.json'));

  test.each(usualGpus)('has every kernel file, for %s', (gpu) => {
    const files = readdirSync(join(root, 'src/shaders'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.wesl') && !file.startsWith('lib'))
      .map((file) => basename(file, '.wesl'));
    const known = Object.entries(committed.families)
      .filter(([, figures]) => gpu in figures)
      .map(([name]) => name.replace(/[/ ].*/, ''));
    expect(files.filter((file) => !known.includes(file))).toEqual([]);
  });

  test('has as many kernels as the documentation says, of which none spills', () => {
    const [intel, amd] = usualGpus.map((gpu) => grouped(committed.gpus[gpu]!.kernels));
    expect(readFileSync(join(root, 'docs/gpu.md'), 'utf8')).toContain(
      `none of the kernels spills that these GPUs get, ${intel} on the Arc A770 and ${amd} on the RX 7900`,
    );
    expect(committed.spills).toEqual({});
  });
});

// Where the drivers are not installed, .ci/run says so, too.
describe.skipIf(!hasGpuCompilers())('with the compilers of GPUs', () => {
  test('a kernel with more numbers than registers is reported as spilling, by Intel and AMD; one with few is not', () => {
    const file = join(folder, 'many.wgsl');
    const json = join(folder, 'many.json');
    for (const [count, spills] of [
      [270, true],
      [8, false],
    ] as const) {
      writeFileSync(file, holding(count));
      const { status, output } = check('--file', file, '--gpu', 'a770', 'navi31', '--json', json);
      expect(status, output).toBe(0);
      for (const [gpu, { kernels }] of Object.entries(answersIn(json))) {
        const { figures } = kernels[0]!;
        expect(figures!.spills > 0, `${gpu}: ${count} numbers, ${figures!.spills} spills`).toBe(spills);
        expect(figures!.scratch > 0).toBe(spills);
      }
      expect(output).toContain(`1 kernel, 0 refused, ${spills ? 1 : 0} spilling`);
    }
  });

  test('kernels get compiled as the engine makes them, of tensors stored as f16', () => {
    const json = join(folder, 'half.json');
    const { status, output } = check(
      '--from',
      'cases',
      '--only',
      'relu f16',
      '--gpu',
      'navi31',
      '--json',
      json,
    );
    expect(status, output).toBe(0);
    const { kernels } = answersIn(json).navi31!;
    const halves = kernels.filter(({ name }) => ['relu_forward f16', 'relu_grad_input f16'].includes(name));
    expect(halves.length).toBeGreaterThan(1);
    for (const { key } of halves) expect(key).toMatch(/ f16: \w/);
  });

  test('a kernel that does not compile is refused with its error', () => {
    const file = join(folder, 'wrong.wgsl');
    writeFileSync(file, '@compute @workgroup_size(1) fn main() { let x: u32 = 1.5; }\n');
    const { status, output } = check('--file', file, '--gpu', 'navi31');
    expect(status).toBe(1);
    expect(output).toMatch(/navi31: wrong \(.*wrong.wgsl\) is refused: .*cannot convert/);
  });

  test("a head's kernels fail where the table allows less, pass where it allows as much, and need a line if they spill", () => {
    const table = join(folder, 'table.json');
    const json = join(folder, 'head.json');
    const words = ['--from', 'heads', '--only', 'arcface with 10572', '--gpu', 'a770', '--table', table];
    // No table yet: nothing to compare with.
    const first = check(...words, '--json', json);
    expect(first.status, first.output).toBe(0);
    expect(first.output).toContain('the table is of no driver for this GPU');
    const { a770: answer } = answersIn(json);
    const { driver, kernels } = answer!;
    expect(kernels.map(({ name }) => name)).toContain('softmax_samples');
    const gpus = { a770: { driver, kernels: kernels.length, spilling: 0 } };
    /** A table that allows so much more than was found. */
    const allowing = (slack: number): CommittedTable => ({
      ...emptyTable,
      gpus,
      spills: Object.fromEntries(
        kernels.map(({ key, figures }) => {
          const { spills, fills, scratch } = figures!;
          return [key, { a770: [spills + slack, fills! + slack, scratch] }];
        }),
      ),
    });
    expect(faultsOf(allowing(0), 'a770', answer!)).toEqual({ faults: [], note: null });
    const spilling = kernels.filter(isSpilling).length;
    expect(faultsOf({ ...emptyTable, gpus }, 'a770', answer!).faults).toHaveLength(spilling);
    const updated = withAnswer(allowing(-1), 'a770', answer!);
    expect(faultsOf(JSON.parse(tableText(updated)), 'a770', answer!).faults).toEqual([]);
    expect(tablePage(updated)).toContain(
      `| a770 | Intel Arc A770, Xe-HPG | ${driver} | ${kernels.length} | ${spilling} |`,
    );
    writeFileSync(table, tableText(allowing(-1)));
    const failed = check(...words);
    expect(failed.status).toBe(1);
    expect(failed.output).toMatch(/a770: softmax_samples .* spills .*, and the table allows -?\d+:-?\d+/);
  });
});
