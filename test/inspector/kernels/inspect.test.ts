import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isDistinguishable, pairedRatio } from '../../../src/common/paired-ratio.ts';
import { operators } from '../../../src/engine/ops/index.ts';
import { checkCase, checkRecording, faultsOf } from '../../../src/engine/testing/check.ts';
import { passes } from '../../../src/engine/testing/compare.ts';
import { Recording } from '../../../src/engine/testing/recording.ts';
import { timesAsFast } from '../../../src/inspector/kernels/contest.ts';
import { KernelInspector, type KernelRequest } from '../../../src/inspector/kernels/inspect.ts';
import { raceKernels } from '../../../src/inspector/kernels/measure.ts';
import { inspectedOperators } from '../../../src/inspector/kernels/operators.ts';
import {
  comparedWithFastest,
  parseSweep,
  raceVersions,
  runKernel,
  sweepKernel,
} from '../../../src/inspector/kernels/run.ts';
import { testDevice } from '../../engine/open.ts';

const device = await testDevice();
const inspector = new KernelInspector(device);
const roofline = { gflops: 50, gigabytesPerSecond: 10 };
const peaks = { covering: async () => roofline };
const quick = { rounds: 2, roundMs: 1 };

const run = (request: KernelRequest, options = {}) =>
  runKernel(device, inspector, request, peaks, { ...quick, ...options });
const linkedText = (request: KernelRequest): string => {
  const session = inspector.open(request);
  const view = session.views().find(({ index }) => index === session.mostExpensive)!;
  session.dispose();
  return view.wgsl;
};

describe('the catalogue', () => {
  test('has every kernel file, with a description, constants and operators', () => {
    const files = readdirSync('src/shaders', { recursive: true, encoding: 'utf8' }).flatMap(
      (path) => /^(?!lib\/)\w+\/(\w+)\.wesl$/.exec(path)?.[1] ?? [],
    );
    expect(inspector.catalogue.map(({ name }) => name)).toEqual(files.sort());
    for (const { name, summary, header, uses } of inspector.catalogue) {
      expect(summary.length, name).toBeGreaterThan(10);
      expect(header, name).toContain(summary.slice(0, 10));
      expect(uses.length, name).toBeGreaterThan(0);
    }
  });

  test('every use dispatches its kernel', () => {
    for (const { name, uses } of inspector.catalogue) {
      const { operator, sample, variant } = uses[0]!;
      const recording = new Recording(device, sample, variant === null ? {} : { variant });
      expect(recording.dispatchesOf(name).length, `${name} in ${operator.name}`).toBeGreaterThan(0);
      recording.dispose();
    }
  });
});

describe('the probes of the roofline are right as well', () => {
  const probes = inspectedOperators.filter((operator) => !operators.includes(operator));
  test.each(
    probes.flatMap(({ name, cases }) => cases.map((sample) => [`${name} ${sample.label}`, sample] as const)),
  )('%s', async (_, sample) => {
    expect(faultsOf(await checkCase(device, sample))).toEqual([]);
  });

  test('there are no others: all else is in the table of operators', () => {
    expect(probes.map(({ name }) => name)).toEqual(['peakCopy', 'peakFma']);
  });
});

describe('a kernel on a case', () => {
  test('shows what the driver gets', () => {
    const session = inspector.open({ kernel: 'conv2d_grad_weight', caseText: '2x9x8x8 3x3 12' });
    const [view] = session.views();
    session.dispose();
    expect(view!.operator).toBe('conv2d backward');
    expect(view!.bindings.map(({ name, shape }) => [name, shape[0]])).toEqual([
      ['x', 2],
      ['dy', 2],
      ['partial', view!.bindings[2]!.shape[0]],
    ]);
    expect(view!.bindings[0]).toMatchObject({
      strides: [576, 64, 8, 1],
      bytes: 4 * 2 * 9 * 8 * 8,
      writable: false,
    });
    expect(view!.cost.flops).toBe(2 * 2 * 9 * 8 * 12 * 9 * 8);
    expect(view!.wgsl).toContain('fn main(');
    expect(view!.wgsl).not.toContain('import ');
    expect(view!.constants.find(({ name }) => name === 'CHUNK')!.why).toMatch(/256 pixels/);
    expect(view!.constants.find(({ name }) => name === 'KERNEL_W')!.why).toBeNull();
    expect(view!.decisions[0]!.operation).toBe('conv2d_grad_weight');
    expect(view!.decisions[0]!.reason).toMatch(/^default for software drivers/);
  });

  test.each<[KernelRequest, RegExp]>([
    [{ kernel: 'gem' }, /there is no kernel "gem", did you mean "gemm"/],
    [{ kernel: 'gemm', operator: 'prelu' }, /operator "prelu" does not use gemm; it is used by/],
    [{ kernel: 'gemm', operator: 'matmul', caseText: '12x' }, /word "12x"/],
    [
      { kernel: 'gemm', operator: 'matmul', caseText: '16', constants: { M: 3 } },
      /M of gemm follows from the case/,
    ],
    [{ kernel: 'relu_forward', constants: { TILE: 3 } }, /no constant TILE here; free are .*WORKGROUP/],
    [
      { kernel: 'gemm', operator: 'matmul', caseText: '16', variant: 'magic' },
      /no variant "magic" .* there are "/,
    ],
    [{ kernel: 'relu_forward', variant: 'magic' }, /only one way to do it/],
    [
      { kernel: 'gemm', operator: 'matmul', caseText: '16', source: 'x', dispatch: 7 },
      /dispatch 7 of this case is none/,
    ],
  ])('%j is refused', (request, message) => {
    expect(() => inspector.open(request).dispose()).toThrow(message);
  });

  test('is checked against the reference, finite differences and a second run, and timed', async () => {
    const { check, speeds, baseline } = await run({ kernel: 'conv2d_forward', caseText: '2x6x5x4 3x3 8' });
    expect(check!.omitted).toEqual([]);
    expect(check!.comparisons.every(passes)).toBe(true);
    const against = new Set(check!.comparisons.map((comparison) => comparison.against));
    expect([...against]).toEqual([
      'float64 reference',
      'finite differences of the reference',
      'second run',
      'eager mode',
    ]);
    expect(check!.comparisons.filter(({ what }) => what.startsWith('gradient')).length).toBe(8);
    expect(speeds!.length).toBe(1);
    expect(speeds![0]!.microseconds.length).toBe(2);
    expect(speeds![0]!.median).toBeGreaterThan(0);
    expect(baseline).toBeNull();
  });

  test('what is too large for the host is said to be left out', async () => {
    const recording = new Recording(
      device,
      inspectedOperators.find(({ name }) => name === 'relu')!.cases[0]!,
    );
    const large = { ...recording.sample, cost: { flops: 1e12, bytes: 1 } };
    Object.assign(recording, { sample: large });
    const { comparisons, omitted } = await checkRecording(recording);
    recording.dispose();
    expect(omitted.join()).toMatch(/float64 reference: the case is too large/);
    expect(comparisons.map(({ against }) => against)).toEqual([
      'second run',
      'second run',
      'eager mode',
      'eager mode',
    ]);
  });

  test('constants and variants by hand keep the results', async () => {
    const requests: KernelRequest[] = [
      { kernel: 'relu_forward', caseText: '3x7x5x12', constants: { STEPS: 3, WORKGROUP: 16 } },
      { kernel: 'conv2d_grad_weight', caseText: '4x12x12x4 3x3 8', constants: { CHUNK: 64 } },
      { kernel: 'prelu_backward', caseText: '9x7x5x12', constants: { ROW_CHUNKS: 50 } },
      {
        kernel: 'gemm',
        operator: 'matmul',
        caseText: '70x40x36',
        variant: 'workgroup 64×64',
        constants: { BLOCKS: 1 },
      },
      { kernel: 'gemm', operator: 'matmul', caseText: '70x40x36', variant: 'workgroup 32×32' },
    ];
    for (const request of requests) {
      const { check } = await run(request);
      expect(
        check!.comparisons.filter((comparison) => !passes(comparison)),
        JSON.stringify(request),
      ).toEqual([]);
      expect(check!.comparisons.some(({ against }) => against === 'default kernel')).toBe(true);
    }
  });
});

describe('an edited kernel', () => {
  const request = { kernel: 'relu_forward', caseText: '5x13' };

  test('that is right passes, linked or not, beside the default one', async () => {
    for (const text of [linkedText(request), inspector.entry('relu_forward').source]) {
      const source = text.replaceAll('STEPS; step++', 'STEPS; step += 1u');
      expect(source).not.toBe(text);
      const { check, speeds, baseline, ratios } = await run(
        { ...request, source },
        { baseline: true, rounds: 6 },
      );
      expect(check!.comparisons.every(passes)).toBe(true);
      expect(baseline!.length).toBe(1);
      expect(ratios).toEqual([pairedRatio(baseline![0]!.microseconds, speeds![0]!.microseconds)]);
      expect(ratios![0]!.interval).not.toBeNull();
    }
  });

  test('that is wrong does not, and has no speed', async () => {
    const source = linkedText(request).replace('value <= Value()', 'value > Value()');
    const { check, ...speed } = await run({ ...request, source }, { baseline: true });
    expect(speed).toEqual({ speeds: null, baseline: null, ratios: null, roofline: null });
    const wrong = check!.comparisons
      .filter((comparison) => !passes(comparison))
      .map(({ against }) => against);
    expect(wrong).toContain('float64 reference');
    expect(wrong).toContain('default kernel');
  });

  test('that writes NaN does not', async () => {
    const source = linkedText(request).replace(
      'select(value,',
      'select(value + bitcast<f32>(0x7fc00000u + local),',
    );
    const { check } = await run({ ...request, source });
    expect(check!.comparisons.find(({ against }) => against === 'float64 reference')!.error).toBe(Infinity);
  });

  test('that does not compile says where', async () => {
    const source = linkedText(request).replace('let value = x[i];', 'let value = x[i] + true;');
    const line = source.split('\n').findIndex((text) => text.includes('+ true')) + 1;
    await expect(run({ ...request, source, file: 'mine.wesl' })).rejects.toThrow(
      new RegExp(
        `relu_forward .*does not compile: mine\\.wesl:${line}: .*let value = x\\[i\\] \\+ true;`,
        's',
      ),
    );
  });

  test('of an operand loader alone keeps its mainloop', async () => {
    const source = inspector.entry('gemm').source.replace('var sum = value;', 'var sum = 2.0 * value;');
    const { check } = await run({ kernel: 'gemm', operator: 'matmul', caseText: '9x7x5', source });
    expect(check!.comparisons.some((comparison) => !passes(comparison))).toBe(true);
  });

  test('a baseline needs something changed', async () => {
    await expect(run(request, { baseline: true })).rejects.toThrow(/baseline is for a changed kernel/);
  });
});

test('of two versions in one race the wrong one is not timed', async () => {
  const request = { kernel: 'relu_forward', caseText: '5x13' };
  const text = linkedText(request);
  const stages: string[] = [];
  const { versions, roofline: known } = await raceVersions(
    device,
    inspector,
    [text, text.replace('value <= Value()', 'value > Value()')].map((source) => ({ ...request, source })),
    peaks,
    { ...quick, onStage: (stage, done, of) => stages.push(`${stage} ${done}/${of}`) },
  );
  expect(versions.map(({ speeds }) => speeds?.length ?? null)).toEqual([1, null]);
  expect(known).toEqual(roofline);
  expect(stages).toEqual(['checking 0/2', 'checking 1/2', 'checking 2/2', 'timing 1/2', 'timing 2/2']);
});

describe('a race by a scripted clock', () => {
  /** Times of each piece of work, round by round. */
  const clock = (...times: number[][]) => ({
    time: async () => times.map((microseconds) => ({ timer: 'wall clock' as const, microseconds })),
  });
  const drift = Array.from({ length: 15 }, (_, i) => 100 * 1.15 ** i);
  const noise = [1, 0.96, 1.03, 0.98, 1.05, 0.97, 1.02, 1.04, 0.95, 1.01, 0.99, 1.03, 0.96, 1, 1.02];
  const disturbed = (factor: number, shift: number) =>
    drift.map((time, i) => time * factor * noise[(i + shift) % 15]! * (i % 7 === shift % 7 ? 5 : 1));

  const raced = async (...times: number[][]) => {
    const request = { kernel: 'relu_forward', caseText: '5x13' };
    const sessions = times.map((_, i) =>
      inspector.open({ ...request, source: `// ${i}\n${linkedText(request)}` }),
    );
    const { speeds } = await raceKernels(clock(...times), sessions, peaks);
    for (const session of sessions) session.dispose();
    return speeds.map(([speed]) => speed!);
  };

  test('a comment makes no difference, whatever the machine does', async () => {
    const [first, second] = await raced(disturbed(1, 0), disturbed(1, 5));
    // What was shown before: the ratio of the medians.
    expect(first!.median / second!.median).toBeGreaterThan(1.1);
    expect(isDistinguishable(timesAsFast(first!, second!))).toBe(false);
  });

  test('a third less time is seen', async () => {
    const [slow, fast] = await raced(disturbed(1.5, 0), disturbed(1, 5));
    const ratio = timesAsFast(fast!, slow!);
    expect(isDistinguishable(ratio)).toBe(true);
    expect(ratio.median).toBeCloseTo(1.5, 1);
    const none = { check: null, failure: null };
    const { rows } = comparedWithFastest([
      { ...none, value: 'slow', speed: slow! },
      { ...none, value: 'none', speed: null },
      { ...none, value: 'fast', speed: fast! },
    ]);
    expect(rows.map(({ toFastest }) => toFastest && toFastest.median < 1)).toEqual([true, null, null]);
  });
});

describe('sweeps', () => {
  test('over a constant', async () => {
    const { rows, comparisons } = await sweepKernel(
      device,
      inspector,
      { kernel: 'relu_forward', caseText: '64x33' },
      parseSweep('STEPS=1,4,16'),
      peaks,
      quick,
    );
    expect(comparisons).toBe(3);
    expect(rows.filter(({ toFastest }) => toFastest === null)).toHaveLength(1);
    expect(rows.map(({ value }) => value)).toEqual(['1', '4', '16']);
    for (const { check, speed, failure } of rows) {
      expect(failure).toBeNull();
      expect(check!.comparisons.every(passes)).toBe(true);
      expect(speed!.median).toBeGreaterThan(0);
    }
  });

  test('over all variants that use the kernel; one that the adapter cannot run says why', async () => {
    const { rows } = await sweepKernel(
      device,
      inspector,
      { kernel: 'conv2d_forward', caseText: '1x6x6x4 3x3 8' },
      parseSweep('variant=all'),
      peaks,
      { ...quick, check: false },
    );
    expect(rows.some(({ value }) => value.startsWith('workgroup'))).toBe(true);
    expect(rows.some(({ value }) => value.startsWith('winograd'))).toBe(false);
    const { rows: transforms } = await sweepKernel(
      device,
      inspector,
      { kernel: 'winograd_output' },
      parseSweep('variant=all'),
      peaks,
      { ...quick, check: false },
    );
    // Its products offer variants too, which are none of the case itself.
    expect(transforms.map(({ value, failure }) => [value, failure])).toEqual([
      ['winograd 2×2', null],
      ['winograd 4×4', null],
    ]);
    const { rows: failing } = await sweepKernel(
      device,
      inspector,
      { kernel: 'relu_forward', caseText: '64x33' },
      parseSweep('WORKGROUP=8,100000'),
      peaks,
      quick,
    );
    expect(failing[0]!.failure).toBeNull();
    expect(failing[1]!.failure).toMatch(/100000|workgroup/i);
  });

  test.each([
    ['STEPS', /is not like/],
    ['STEPS=', /is not like/],
    ['STEPS=a', /whole number/],
    ['STEPS=0', /whole number/],
  ])('"%s" is refused', (text, message) => {
    expect(() => parseSweep(text)).toThrow(message);
  });
});
