import type { AdapterReport } from '../runtime/adapter.ts';

/**
 * What kinds of adapters want of a matrix product. The one place that tells vendors apart; nothing here changes a result, and what a
 * machine measures (`normface tune`) goes before it.
 */
export type AdapterClass = 'software' | 'intel' | 'amd' | 'nvidia' | 'apple' | 'other';

/** Vendors by the names that Dawn gives them (its table gpu_info.json), and by their PCI numbers, in decimal, as wgpu gives them. */
const vendors: Readonly<Record<string, AdapterClass>> = {
  intel: 'intel',
  '32902': 'intel',
  amd: 'amd',
  '4098': 'amd',
  nvidia: 'nvidia',
  '4318': 'nvidia',
  apple: 'apple',
  '4203': 'apple',
};

/** The class of an adapter; `other` where a browser does not tell the vendor, and for all phones. */
export function classOf({ software, vendor }: Pick<AdapterReport, 'software' | 'vendor'>): AdapterClass {
  return software ? 'software' : (vendors[vendor.toLowerCase()] ?? 'other');
}

/** What follows from a class. */
export interface AdapterTraits {
  /** Whether to ask for the smallest subgroup where the driver may choose among several; else that is left to the driver. */
  readonly smallestSubgroup: boolean;
  /**
   * Whether an invocation can have over a hundred numbers in registers even if the driver chooses the size of subgroups: 8×8 sums of a
   * tile, or four channels of a depthwise convolution's rows.
   */
  readonly manyRegisters: boolean;
  /** Whether the default mainloop is the pipelined one, with tiles of 128×128 where there are enough of them. */
  readonly pipelined: boolean;
  /** Whether tiles of 128×128 are the default on matrix units too: RDNA 3 runs out of registers there (RADV spills 46). */
  readonly largeOnUnits: boolean;
  /**
   * Invocations with 8×8 sums each that keep a large member of the class busy: its cores, times what one holds at once. WebGPU does
   * not tell how many cores there are; what a small member loses to a sum in too many parts is the adding of the parts.
   */
  readonly invocations: number;
}

/**
 * | class | subgroup | mainloop | why |
 * | --- | --- | --- | --- |
 * | intel | smallest: 8, on Xe2 16 | workgroup, 64×64 | a thread has 128 registers of 8 lanes (Xe2: 16) of 32 bits: 64 sums in 16 lanes are the whole file, and what the driver chooses, 16, spills; a second half of workgroup memory would halve the threads that a core holds |
 * | amd | the driver's choice | pipelined, 128×128 | by RADV’s estimate 64 lanes, its choice, do twice as much in the time of 32, which pair their multiply-adds; 120 registers, 12 subgroups a SIMD on RDNA 3 |
 * | nvidia, apple | there is one size, 32 | pipelined, 128×128 | up to 255 registers an invocation on NVIDIA; loads a K step ahead, as there are few subgroups to hide behind |
 * | other | the driver's choice | workgroup, 64×64 | phones, and browsers that do not tell: nothing is known of them |
 *
 * What the compilers of Intel and AMD make of each: docs/kernels/gemm.md. Cores, and what they hold with about 128 registers an
 * invocation: nvidia 132 multiprocessors (H100, H200; RTX 4090: 128) of 65,536 registers, so 512; amd 96 compute units (RX 7900 XTX) of two SIMDs
 * with 8 subgroups of 32 each, so 512; intel 32 cores (Arc A770) of 16 engines with 8 threads of 8 lanes, so 1024; apple 40 cores (M4
 * Max), taken to hold 512; other: as a small desktop GPU, 32 of 512.
 */
export const adapterTraits: Readonly<Record<AdapterClass, AdapterTraits>> = {
  software: {
    smallestSubgroup: false,
    manyRegisters: true,
    pipelined: false,
    largeOnUnits: false,
    invocations: 0,
  },
  intel: {
    smallestSubgroup: true,
    manyRegisters: false,
    pipelined: false,
    largeOnUnits: false,
    invocations: 32 * 1024,
  },
  amd: {
    smallestSubgroup: false,
    manyRegisters: true,
    pipelined: true,
    largeOnUnits: false,
    invocations: 96 * 512,
  },
  nvidia: {
    smallestSubgroup: false,
    manyRegisters: true,
    pipelined: true,
    largeOnUnits: true,
    invocations: 132 * 512,
  },
  apple: {
    smallestSubgroup: false,
    manyRegisters: true,
    pipelined: true,
    largeOnUnits: false,
    invocations: 40 * 512,
  },
  other: {
    smallestSubgroup: false,
    manyRegisters: true,
    pipelined: false,
    largeOnUnits: false,
    invocations: 32 * 512,
  },
};

export const traitsOf = (report: Pick<AdapterReport, 'software' | 'vendor'>): AdapterTraits =>
  adapterTraits[classOf(report)];

/** What else takes time, in floating-point operations that a tiled product does meanwhile. */
export interface Balance {
  /** While a byte comes from memory or goes there. */
  readonly perByte: number;
  /** From the end of a dispatch to the start of the next one, which waits for it. */
  readonly perDispatch: number;
}

/** Published peaks of arithmetic in f32, and of memory. */
export interface Peaks {
  readonly gflops: number;
  readonly gigabytesPerSecond: number;
}

/**
 * Of a member of each class: RTX 4090, RX 7900 XTX, Arc A770, M2, and for phones and browsers that do not tell an integrated GPU, the Iris Xe. Smaller
 * members have slower memory too: a byte takes as long as 20 to 80 operations on nearly all of them.
 */
export const classPeaks: Readonly<Record<Exclude<AdapterClass, 'software'>, Peaks>> = {
  nvidia: { gflops: 82_600, gigabytesPerSecond: 1008 },
  amd: { gflops: 61_400, gigabytesPerSecond: 960 },
  intel: { gflops: 17_200, gigabytesPerSecond: 560 },
  apple: { gflops: 3600, gigabytesPerSecond: 100 },
  other: { gflops: 2070, gigabytesPerSecond: 68 },
};

/** GPUs of computing centres have stacked memory, several times as fast: H200. By name, as Dawn’s architectures leave them out or mix them with others. */
export const stackedMemoryPeaks: Peaks = { gflops: 67_000, gigabytesPerSecond: 4800 };
const hasStackedMemory = /\b(P100|V100|A30|A100|H20|H100|H200|GH200|B100|B200|GB200)\b/;

/** What a GPU’s memory and dispatches cost; null for a software driver, whose arrays lie in the processor’s caches for the most part. */
export function balanceOf(report: Pick<AdapterReport, 'software' | 'vendor' | 'device'>): Balance | null {
  const name = classOf(report);
  if (name === 'software') return null;
  const isStacked = name === 'nvidia' && hasStackedMemory.test(report.device);
  const { gflops, gigabytesPerSecond } = isStacked ? stackedMemoryPeaks : classPeaks[name];
  // Products are taken to reach four fifths of the peak, and a dispatch to wait 4 µs. Nothing was measured.
  return { perByte: (0.8 * gflops) / gigabytesPerSecond, perDispatch: 0.8 * gflops * 4e3 };
}

/** Why a default is what it is, for who asks why a variant was taken. What is measured on a machine goes before it. */
export function defaultReason(report: Pick<AdapterReport, 'software' | 'vendor'>): string {
  const kind = classOf(report);
  if (kind === 'software') return 'default for software drivers: by measurements on llvmpipe';
  return `default for ${kind === 'other' ? 'GPUs of an unknown maker' : `GPUs of ${makers[kind]}`}: estimated, not measured`;
}

const makers: Readonly<Record<Exclude<AdapterClass, 'software' | 'other'>, string>> = {
  intel: 'Intel',
  amd: 'AMD',
  nvidia: 'NVIDIA',
  apple: 'Apple',
};

/** The subgroup size that kernels with many sums ask for; 0 where it is the driver's choice, or there is nothing to choose. */
export function askedSubgroupSize(report: AdapterReport): number {
  const [least, most] = report.subgroupSize;
  const mayAsk = report.features.includes('subgroup-size-control') && least < most;
  return mayAsk && traitsOf(report).smallestSubgroup ? least : 0;
}

/**
 * The size of the subgroups whose matrix units are used; 0 where it is not known beforehand. Where there are several it is the smallest:
 * AMD's units want 32 lanes, Intel's 8, on Xe2 16 (the subgroup sizes that Mesa's drivers compile cooperative matrices for).
 */
export function matrixSubgroupSize(report: AdapterReport): number {
  const [least, most] = report.subgroupSize;
  if (least === most) return least;
  return report.features.includes('subgroup-size-control') && classOf(report) !== 'other' ? least : 0;
}
