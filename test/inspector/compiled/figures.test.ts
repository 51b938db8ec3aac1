import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { instructionCount } from '../../../src/inspector/compiled/assembly.ts';
import { figuresOf } from '../../../src/inspector/compiled/figures.ts';
import { compiledGpus } from '../../../src/inspector/compiled/gpus.ts';
import { parseRecords } from '../../../src/inspector/compiled/records.ts';

/** Of records/kernel.wgsl, as Mesa 25.0.7 told them (files of PIPELINE_STATISTICS). */
const recordOf = (gpu: string) =>
  parseRecords(readFileSync(new URL(`records/${gpu}.txt`, import.meta.url)))[0]!;

const figuresFor = (name: string) => {
  const gpu = compiledGpus.find((candidate) => candidate.name === name)!;
  return figuresOf(recordOf(name), { ...gpu, workgroup: 256 });
};

describe('figures of a recorded compilation', () => {
  test("Intel's", () => {
    expect(figuresFor('a770')).toEqual({
      subgroup: 16,
      registers: 20,
      scalarRegisters: null,
      spills: 0,
      fills: 0,
      scratch: 0,
      workgroupBytes: 8192,
      occupancy: 8,
      mix: { fma: 1, memory: 7, barrier: 3, other: 71 },
      loop: { fma: 1, memory: 2, barrier: 0, other: 15 },
      cycles: 35714,
    });
  });

  test("AMD's", () => {
    expect(figuresFor('navi31')).toEqual({
      subgroup: 64,
      registers: 12,
      scalarRegisters: 128,
      spills: 0,
      fills: null,
      scratch: 0,
      workgroupBytes: 8192,
      occupancy: 16,
      mix: { fma: 1, memory: 8, barrier: 3, other: 56 },
      loop: { fma: 1, memory: 2, barrier: 0, other: 12 },
      cycles: 10999,
    });
  });

  test('about as many instructions are counted as the driver counts, which does so before it adds some waits', () => {
    for (const gpu of ['a770', 'navi31', 'vega10']) {
      const { statistics } = recordOf(gpu);
      const told = statistics.get('Instruction Count') ?? statistics.get('Instructions')!;
      const ratio = instructionCount(figuresFor(gpu).mix) / told;
      expect(Math.abs(ratio - 1), gpu).toBeLessThan(0.1);
    }
  });

  test('subgroups of a SIMD are as many as the driver says, which counts in those of 32 on RDNA', () => {
    expect(2 * figuresFor('navi31').occupancy).toBe(recordOf('navi31').statistics.get('Subgroups per SIMD'));
    expect(figuresFor('vega10').occupancy).toBe(recordOf('vega10').statistics.get('Subgroups per SIMD'));
  });

  test('a statistic that is missing is named with those that there are', () => {
    const statistics = new Map([['Cycle Count', 7]]);
    const [gpu] = compiledGpus;
    expect(() => figuresOf({ subgroup: 16, statistics, assembly: '' }, { ...gpu!, workgroup: 64 })).toThrow(
      'the driver tells no "Max live registers"; it tells Cycle Count',
    );
  });
});

describe('records', () => {
  const parse = (text: string) => parseRecords(new TextEncoder().encode(text));

  test('several follow one another; lengths of texts are in bytes', () => {
    const one = 'executable\tcompute\t8\nstatistic\tSpills\t3\ntext\tAssembly\t7\né\nend\n\nend\n';
    expect(parse(one + one.replace('\t3', '\t4'))).toEqual([
      { subgroup: 8, statistics: new Map([['Spills', 3]]), assembly: 'é\nend\n' },
      { subgroup: 8, statistics: new Map([['Spills', 4]]), assembly: 'é\nend\n' },
    ]);
    expect(parse('')).toEqual([]);
  });

  test('what is cut off or is something else is refused', () => {
    expect(() => parse('executable\tcompute\t8\n')).toThrow('has no end');
    expect(() => parse('executable\tcompute\t8\nstatis')).toThrow('has no end');
    expect(() => parse('SIMD16 shader: 7 instructions\n')).toThrow('"SIMD16 shader: 7 instructions"');
  });
});
