/** How many subgroups a core can hold at once, from what a kernel takes of it. */

/** What one core of a GPU has; registers as its documents count them. */
export interface Core {
  /** Where the numbers are published. */
  readonly source: string;
  /** Parts of the core that each issue instructions of their own subgroups: SIMDs, execution units. */
  readonly units: number;
  /** Subgroups that a unit can hold. */
  readonly subgroups: number;
  /** Vector registers of a unit that subgroups share, for subgroups of 32 invocations; null where each subgroup has all it can use. */
  readonly registers: { readonly count: number; readonly granule: number } | null;
  /** Bytes of workgroup memory that workgroups on the core share, and what a workgroup of so many bytes gets. */
  readonly workgroupMemory: number;
  readonly allocated: (bytes: number) => number;
}

/** What a kernel takes. */
export interface Demand {
  /** Invocations in a subgroup. */
  readonly subgroup: number;
  /** Invocations in a workgroup. */
  readonly workgroup: number;
  /** Vector registers of an invocation. */
  readonly registers: number;
  /** Bytes of workgroup memory. */
  readonly workgroupBytes: number;
}

/**
 * Subgroups on one unit of the core, at most, as registers and workgroup memory allow. Fractions come from workgroups that do not fill all
 * units; 0 means that not even one workgroup fits.
 */
export function subgroupsPerUnit(
  core: Core,
  { subgroup, workgroup, registers, workgroupBytes }: Demand,
): number {
  let most = core.subgroups;
  if (core.registers) {
    // A subgroup of 64 takes each register twice.
    const share = subgroup / 32;
    const granule = core.registers.granule / share;
    const taken = Math.max(granule, Math.ceil(registers / granule) * granule);
    most = Math.min(most, Math.floor(core.registers.count / share / taken));
  }
  if (workgroupBytes === 0) return most;
  const perWorkgroup = Math.ceil(workgroup / subgroup);
  const workgroups = Math.floor(core.workgroupMemory / core.allocated(workgroupBytes));
  return Math.min(most, (workgroups * perWorkgroup) / core.units);
}

const roundUp = (granule: number) => (bytes: number) => Math.ceil(bytes / granule) * granule;

const llvm =
  "LLVM, lib/Target/AMDGPU/Utils/AMDGPUBaseInfo.cpp (getTotalNumVGPRs, getVGPRAllocGranule); AMD, 'Occupancy explained', gpuopen.com";

/** A workgroup processor of RDNA3: two compute units of two SIMDs each, with one workgroup memory. */
export const rdna3: Core = {
  source: llvm,
  units: 4,
  subgroups: 16,
  registers: { count: 1536, granule: 24 },
  workgroupMemory: 128 * 1024,
  allocated: roundUp(1024),
};

/** The same of RDNA2. */
export const rdna2: Core = { ...rdna3, registers: { count: 1024, granule: 16 } };

/** A compute unit of GCN 5, whose subgroups have 64 invocations: 256 registers, which count twice here. */
export const gcn5: Core = {
  source: llvm,
  units: 4,
  subgroups: 10,
  registers: { count: 512, granule: 8 },
  workgroupMemory: 64 * 1024,
  allocated: roundUp(512),
};

/** Powers of two from 1 KiB on. */
const powerOfTwo = (bytes: number): number => 2 ** Math.max(10, Math.ceil(Math.log2(bytes)));

/** An Xe-core of Xe-HPG, and of Xe-LPG, which the source leaves out. Each subgroup has 128 registers of 32 bytes for itself. */
export const xeHpg: Core = {
  source: "Intel, 'GPU Occupancy Calculator', github.com/oneapi-src/oneAPI-samples, Tools",
  units: 16,
  subgroups: 8,
  registers: null,
  workgroupMemory: 128 * 1024,
  allocated: powerOfTwo,
};

/** A dual subslice of Xe-LP. */
export const xeLp: Core = { ...xeHpg, subgroups: 7 };
