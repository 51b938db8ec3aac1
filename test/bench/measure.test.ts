import { describe, expect, test } from 'vitest';
import { casesOf, isChosen, suites } from '../../bench/cases.ts';
import { type MeasureOptions, measure } from '../../bench/measure.ts';
import { MissingOperation, type Peer } from '../../bench/peers/peer.ts';
import { installProbe } from '../../bench/probe.ts';
import { caseTable, ratioChart, rowsOf } from '../../bench/report.ts';
import { quantile } from '../../src/inspector/timing/timing.ts';

const options: MeasureOptions = { rounds: 4, roundMs: 1, warmUp: 3, tolerance: 1e-3 };
const [benchCase] = casesOf('gemm');

function peer(name: string, results: number[], log: string[], more: Partial<Peer> = {}): Peer {
  return {
    name,
    description: name,
    gpu: null,
    mode: null,
    async prepare() {
      return {
        async run(iterations) {
          log.push(name);
          for (let i = 0; i < iterations; i++) await new Promise((resolve) => setTimeout(resolve, 2));
        },
        results: async () => [Float32Array.from(results)],
        dispose: () => log.push(`${name} disposed`),
      };
    },
    close: async () => {},
    ...more,
  };
}

describe('rounds', () => {
  test('are interleaved, and start with another peer each time', async () => {
    const log: string[] = [];
    await measure(benchCase!, [peer('a', [1], log), peer('b', [1], log)], options);
    expect(log.slice(-10).join(' ')).toBe('a b b a b a a b a disposed b disposed');
  });

  test('a peer with other results gets no ratio, nor does one that cannot do the work', async () => {
    const log: string[] = [];
    const peers = [
      peer('a', [1, 2], log),
      peer('near', [1, 2.001], log),
      peer('far', [1, 2.1], log),
      peer('nan', [1, Number.NaN], log),
      peer('lacking', [], log, {
        prepare: async () => {
          throw new MissingOperation('no kernel MatMul');
        },
      }),
    ];
    const timings = await measure(benchCase!, peers, options);
    const rows = rowsOf(benchCase!, timings, peers);
    expect(rows.map(({ ratioToOurs }) => ratioToOurs !== null)).toEqual([true, true, false, false, false]);
    expect(rows[0]).toMatchObject({ ratioToOurs: 1, suite: 'gemm' });
    expect(rows[2]!.remark).toMatch(/other results: 5\.0e-2 apart/);
    expect(rows[4]).toMatchObject({ remark: 'no kernel MatMul', medianMs: null, p10: null });
    // Wrong results have no speed, nowhere.
    for (const row of rows.slice(2, 4))
      expect(row).toMatchObject({ medianMs: null, p10: null, p90: null, firstMs: null, gflops: null });
    expect(log).toContain('far disposed');
  });

  test('like is compared with like: with the engine that has the same toggles', () => {
    const peers = [
      peer('engine', [], [], { mode: 'safe' }),
      peer('engine-fast', [], [], { mode: 'fast' }),
      peer('wasm', [], []),
      peer('other', [], [], { mode: 'safe' }),
      peer('other-fast', [], [], { mode: 'fast' }),
    ];
    const none = { firstMs: 1, bytes: null, dispatches: null, difference: 0, remark: '' };
    const timings = peers.map(({ name }, i) => ({
      ...none,
      peer: name,
      times: [[10, 5, 20, 30, 40][i]!],
    }));
    expect(rowsOf(benchCase!, timings, peers).map(({ ratioToOurs }) => ratioToOurs)).toEqual([
      1, 0.5, 2, 3, 8,
    ]);
  });

  test('ratios are those of paired rounds, with an interval where there are enough of them', () => {
    const peers = ['engine', 'renamed', 'slower', 'far'].map((name) => peer(name, [], []));
    const none = { firstMs: 1, bytes: null, dispatches: null, difference: 0, remark: '' };
    // The machine slows down threefold; the second peer had the bad luck to be disturbed more often.
    const drift = Array.from({ length: 12 }, (_, i) => 10 * 1.1 ** i);
    const noise = [1, 0.97, 1.02, 0.99, 1.03, 0.98, 1.01, 1, 0.99, 1.02, 0.97, 1.03];
    const times = [
      drift,
      drift.map((time, i) => time * noise[i]! * (i > 9 ? 4 : 1)),
      drift.map((time, i) => time * noise[i]! * 1.5),
      [],
    ];
    const timings = peers.map(({ name }, i) => ({ ...none, peer: name, times: times[i]! }));
    const rows = rowsOf(benchCase!, timings, peers);
    expect(rows[1]!.ratioToOurs).toBeCloseTo(1, 1);
    expect(rows[2]!.ratioToOurs).toBeCloseTo(1.5, 1);
    expect(rows[2]!.ratioInterval!.map((end) => end.toFixed(2))).toEqual(['1.47', '1.53']);
    expect(rows[3]).toMatchObject({ ratioToOurs: null, ratioInterval: null });
    const table = caseTable(rows, { gflops: 50, gigabytesPerSecond: 10 });
    expect(table).toMatch(/^renamed .* not distinguishable \(0\.990–1\.030\) /m);
    expect(table).toMatch(/^slower .* 1\.50 \(1\.47–1\.53\) /m);
    expect(ratioChart(rows, 'adapter')).toContain('>not distinguishable<');

    const few = rowsOf(
      benchCase!,
      timings.map((timing) => ({ ...timing, times: timing.times.slice(0, 5) })),
      peers,
    );
    expect(few[2]!.ratioInterval).toBeNull();
    expect(caseTable(few, { gflops: 50, gigabytesPerSecond: 10 })).toMatch(/^slower .* 1\.50, no interval /m);
    expect(JSON.parse(JSON.stringify(few))[2].ratioInterval).toBeNull();
  });

  test('the fastest setting of a peer stays', async () => {
    let delay = 0;
    let chosen = '';
    const setting = (label: string, milliseconds: number) => ({
      label,
      apply: () => {
        delay = milliseconds;
        chosen = label;
      },
    });
    const [timing] = await measure(
      benchCase!,
      [
        peer('a', [1], [], {
          settings: [setting('slow', 40), setting('fast', 1), setting('slower', 60)],
          prepare: async () => ({
            run: () => new Promise((resolve) => setTimeout(resolve, delay)),
            results: async () => [new Float32Array(1)],
            dispose: () => {},
          }),
        }),
      ],
      options,
    );
    expect(chosen).toBe('fast');
    expect(timing!.remark).toBe('fast');
  });
});

test('quantiles interpolate', () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(quantile([1, 2], 0.9)).toBeCloseTo(1.9, 12);
});

describe('cases', () => {
  test('have names of their own and, where there is arithmetic, its count', () => {
    const cases = suites.flatMap((suite) => casesOf(suite, true));
    const names = cases.map(({ suite, name }) => `${suite} ${name}`);
    expect(new Set(names).size).toBe(names.length);
    for (const { suite, flops } of cases) expect(flops > 0).toBe(suite !== 'layers');
  });

  test('count the arithmetic of the nets that docs/reference.md gives', () => {
    const flopsOf = (suite: 'infer', name: string) =>
      casesOf(suite).find((c) => c.name.startsWith(name))!.flops;
    expect(flopsOf('infer', 'light-cnn-b')).toBe(2 * 8 * 976_748_544);
  });
});

test('cases are chosen by parts of their names, which do not end inside a number', () => {
  const chosen = (...texts: string[]): string[] =>
    casesOf('head')
      .map(({ name }) => name)
      .filter((name) => isChosen(name, texts));
  expect(chosen()).toHaveLength(3);
  expect(chosen('C 1000')).toEqual(['n 64, d 512, C 1000']);
  expect(chosen('C 10572', 'C 100000', 'C 7')).toHaveLength(2);
  expect(chosen('n 64')).toHaveLength(3);
  expect(chosen('d 51')).toEqual([]);
});

test('peak bytes are those of the case: a peer that keeps buffers of earlier ones gets none', async () => {
  class Buffer {
    destroy(): void {}
  }
  class Device {
    createBuffer(_: { size: number }): Buffer {
      return new Buffer();
    }
  }
  class Pass {
    dispatchWorkgroups(): void {}
  }
  Object.assign(globalThis, { GPUDevice: Device, GPUBuffer: Buffer, GPUComputePassEncoder: Pass });
  installProbe();
  const holding = (name: string, keeps: boolean): Peer => {
    const device = new Device();
    return peer(name, [1], [], {
      gpu: device as unknown as GPUDevice,
      async prepare() {
        const buffer = device.createBuffer({ size: 1000 });
        return {
          run: async () => {},
          results: async () => [Float32Array.of(1)],
          dispose: () => {
            if (!keeps) buffer.destroy();
          },
        };
      },
    });
  };
  const peers = [holding('frees', false), holding('keeps', true)];
  const bytes = async () => (await measure(benchCase!, peers, options)).map((timing) => timing.bytes);
  expect(await bytes()).toEqual([1000, 1000]);
  expect(await bytes()).toEqual([1000, null]);
});
