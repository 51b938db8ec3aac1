import { describe, expect, test } from 'vitest';
import { type Card, cards } from '../../src/inspector/estimate/cards.ts';
import { assumptions, estimateTime, type Launch } from '../../src/inspector/estimate/time.ts';

/** 100 GFLOP/s, 10 GB/s, ten cores of 128 lanes. */
const card: Card = {
  name: 'a card of round numbers',
  adapter: { vendor: 'none', architecture: 'none', subgroupSize: [32, 32] },
  gflops: 100,
  gigabytesPerSecond: 10,
  cores: 10,
  lanes: 128,
  holds: { invocations: 1024, workgroups: 16, registers: 65_536, workgroupBytes: 64 << 10 },
  workgroupStorage: 32 << 10,
  source: 'none',
};
const launch = (options: Partial<Launch>): Launch => ({
  grid: [10, 1, 1],
  needs: { workgroupSize: [256, 1, 1], workgroupBytes: 0, registers: 8 },
  flops: 0,
  bytes: 0,
  isProduct: true,
  ...options,
});
const { launchMicroseconds, multiplyAddShare } = assumptions;
const work = (options: Partial<Launch>) =>
  estimateTime(card, launch(options)).microseconds - launchMicroseconds;

describe('time of a dispatch on a card', () => {
  test('arithmetic at the peak, as far as the instructions are multiply-adds', () => {
    // 1e9 FLOP at 100 GFLOP/s: 10 ms
    expect(work({ flops: 1e9 })).toBeCloseTo(1e4 / multiplyAddShare.product, 6);
    expect(work({ flops: 1e9, isProduct: false })).toBeCloseTo(1e4 / multiplyAddShare.other, 6);
  });

  test('memory at its bandwidth', () => {
    expect(work({ bytes: 1e8 })).toBeCloseTo(1e4, 6);
    expect(estimateTime(card, launch({ bytes: 1e8 })).by).toBe('memory');
  });

  test('the busiest core decides: 11 workgroups on 10 cores take as long as 20', () => {
    const eleven = work({ grid: [11, 1, 1], flops: 1.1e9 });
    expect(eleven).toBeCloseTo(work({ grid: [20, 1, 1], flops: 2e9 }), 6);
    expect(estimateTime(card, launch({ grid: [11, 1, 1] })).balance).toBeCloseTo(0.55, 12);
  });

  test('few invocations leave the pipelines waiting: 32 of 128 that are needed take four times as long', () => {
    const needs = { workgroupSize: [32, 1, 1], workgroupBytes: 0, registers: 8 } as const;
    expect(work({ flops: 1e9, needs })).toBeCloseTo(4 * work({ flops: 1e9 }), 6);
  });

  test('and memory as well: one workgroup of 32 has 512 bytes on their way, and 6,000 are wanted', () => {
    const needs = { workgroupSize: [32, 1, 1], workgroupBytes: 0, registers: 8 } as const;
    expect(work({ bytes: 1e6, grid: [1, 1, 1], needs })).toBeCloseTo(100 * (6000 / 512), 6);
  });

  test.each([
    ['invocations', { workgroupSize: [512, 1, 1], workgroupBytes: 0, registers: 0 }, 2],
    ['registers', { workgroupSize: [64, 1, 1], workgroupBytes: 0, registers: 232 }, 4],
    ['workgroup memory', { workgroupSize: [64, 1, 1], workgroupBytes: 24 << 10, registers: 0 }, 2],
    ['workgroups', { workgroupSize: [32, 1, 1], workgroupBytes: 0, registers: 0 }, 16],
    ['never none', { workgroupSize: [1024, 1, 1], workgroupBytes: 0, registers: 500 }, 1],
  ] as const)('a core holds workgroups up to its %s', (_, needs, resident) => {
    expect(estimateTime(card, launch({ needs })).resident).toBe(resident);
  });

  test('small work is bound by its launch', () => {
    expect(estimateTime(card, launch({ flops: 1e4 })).by).toBe('launch');
  });
});

test('a card can begin as many multiply-adds as its peak says, at a clock between 1 and 3 GHz', () => {
  for (const [name, { gflops, cores, lanes }] of Object.entries(cards)) {
    const gigahertz = gflops / (2 * cores * lanes);
    expect(gigahertz, name).toBeGreaterThan(1);
    expect(gigahertz, name).toBeLessThan(3);
  }
});
