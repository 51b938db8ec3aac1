/** What a driver's compiler made of a kernel, in the same words for all drivers. */

import { assemblyFacts, type InstructionMix, type InstructionSet } from './assembly.ts';
import { type Core, subgroupsPerUnit } from './occupancy.ts';
import type { PipelineRecord } from './records.ts';

export interface CompiledFigures {
  /** Invocations in a subgroup: AMD's wave, Intel's SIMD width. */
  readonly subgroup: number;
  /** Vector registers. AMD: of an invocation, at most 256. Intel: those of 32 bytes in use at once at most, of 128 that a subgroup has. */
  readonly registers: number;
  /** AMD's registers of a whole subgroup; null on Intel. */
  readonly scalarRegisters: number | null;
  /** Registers, or values, that are written to memory for want of registers. */
  readonly spills: number;
  /** How often they are read back; null where the driver does not tell. */
  readonly fills: number | null;
  /** Bytes of memory for them and for arrays without registers: of a subgroup. */
  readonly scratch: number;
  /** Bytes of workgroup memory. */
  readonly workgroupBytes: number;
  /** Subgroups that one SIMD or execution unit holds at most: see occupancy.ts. */
  readonly occupancy: number;
  readonly mix: InstructionMix;
  readonly loop: InstructionMix | null;
  /** The driver's estimate for one subgroup: Intel's cycle count, AMD's latency. Loops count as if they ran a fixed number of times. */
  readonly cycles: number;
}

/** By figure, what Mesa's drivers call it: ANV in its anv_pipeline.c, RADV in its radv_shader.c. */
const names: Readonly<Record<InstructionSet, Readonly<Record<string, string>>>> = {
  intel: {
    registers: 'Max live registers',
    spills: 'Spill Count',
    fills: 'Fill Count',
    scratch: 'Scratch Memory Size',
    workgroupBytes: 'Workgroup Memory Size',
    cycles: 'Cycle Count',
  },
  amd: {
    registers: 'VGPRs',
    scalarRegisters: 'SGPRs',
    spills: 'Spilled VGPRs',
    scalarSpills: 'Spilled SGPRs',
    scratch: 'Scratch size',
    workgroupBytes: 'LDS size',
    cycles: 'Latency',
  },
};

/**
 * @param workgroup invocations of a workgroup
 * @throws Error where the driver does not tell what its like told before
 */
export function figuresOf(
  { subgroup, statistics, assembly }: PipelineRecord,
  { set, core, workgroup }: { readonly set: InstructionSet; readonly core: Core; readonly workgroup: number },
): CompiledFigures {
  const read = (figure: string): number => {
    const name = names[set][figure]!;
    const value = statistics.get(name);
    if (value === undefined)
      throw new Error(
        `the driver tells no "${name}"; it tells ${[...statistics.keys()].join(', ') || 'nothing'}`,
      );
    return value;
  };
  const registers = read('registers');
  const workgroupBytes = read('workgroupBytes');
  return {
    subgroup,
    registers,
    scalarRegisters: set === 'amd' ? read('scalarRegisters') : null,
    spills: read('spills') + (set === 'amd' ? read('scalarSpills') : 0),
    fills: set === 'intel' ? read('fills') : null,
    scratch: read('scratch'),
    workgroupBytes,
    occupancy: subgroupsPerUnit(core, { subgroup, workgroup, registers, workgroupBytes }),
    ...assemblyFacts(assembly, set),
    cycles: read('cycles'),
  };
}
