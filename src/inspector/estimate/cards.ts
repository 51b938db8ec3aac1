/**
 * GPUs that a step can be estimated for. What the makers publish: peaks, memory, cores and what a core holds. Peaks are those of f32
 * multiply-adds outside matrix units, at boost clock.
 */

import type { AdapterReport } from '../../engine/runtime/adapter.ts';
import { classPeaks, type Peaks, stackedMemoryPeaks } from '../../engine/tuning/adapter-class.ts';
import { rdna3, xeHpg, xeLp } from '../compiled/occupancy.ts';
import type { CardName } from './card-names.ts';

export interface Card extends Peaks {
  readonly name: string;
  /** What WebGPU would say of its adapter, as far as the engine's choices depend on it. */
  readonly adapter: Pick<AdapterReport, 'vendor' | 'architecture' | 'subgroupSize'>;
  /** Streaming multiprocessors, compute units, Xe cores: what a workgroup stays on. */
  readonly cores: number;
  /** Multiply-adds that a core begins in a cycle. */
  readonly lanes: number;
  /** What a core holds at once. */
  readonly holds: {
    readonly invocations: number;
    readonly workgroups: number;
    /** 32-bit registers, of all invocations together. */
    readonly registers: number;
    readonly workgroupBytes: number;
  };
  /** Most workgroup memory of one workgroup in WebGPU. */
  readonly workgroupStorage: number;
  /** Where the numbers are published. */
  readonly source: string;
}

export const cards: Readonly<Record<CardName, Card>> = {
  'rtx-4090': {
    name: 'NVIDIA GeForce RTX 4090',
    adapter: { vendor: 'nvidia', architecture: 'lovelace', subgroupSize: [32, 32] },
    ...classPeaks.nvidia,
    cores: 128,
    lanes: 128,
    holds: { invocations: 1536, workgroups: 24, registers: 65_536, workgroupBytes: 100 << 10 },
    workgroupStorage: 48 << 10,
    source:
      'NVIDIA Ada GPU Architecture whitepaper, appendix A; CUDA C++ Programming Guide, compute capability 8.9',
  },
  h200: {
    name: 'NVIDIA H200',
    // Dawn's table gpu_info.json has no Hopper.
    adapter: { vendor: 'nvidia', architecture: '', subgroupSize: [32, 32] },
    ...stackedMemoryPeaks,
    cores: 132,
    lanes: 128,
    holds: { invocations: 2048, workgroups: 32, registers: 65_536, workgroupBytes: 228 << 10 },
    workgroupStorage: 48 << 10,
    source: 'NVIDIA H200 data sheet; CUDA C++ Programming Guide, compute capability 9.0',
  },
  'rx-7900-xtx': {
    name: 'AMD Radeon RX 7900 XTX',
    adapter: { vendor: 'amd', architecture: 'rdna-3', subgroupSize: [32, 64] },
    // Two multiply-adds a lane and cycle where the compiler finds pairs for them; half of this where it finds none.
    ...classPeaks.amd,
    cores: 96,
    lanes: 128,
    holds: {
      invocations: 1024,
      workgroups: 16,
      registers: 98_304,
      workgroupBytes: rdna3.workgroupMemory / 2,
    },
    workgroupStorage: 32 << 10,
    source: 'AMD product page of the RX 7900 XTX; its reference guide on the instruction set of RDNA3',
  },
  'arc-a770': {
    name: 'Intel Arc A770',
    adapter: { vendor: 'intel', architecture: 'gen-12hp', subgroupSize: [8, 32] },
    ...classPeaks.intel,
    cores: 32,
    lanes: 128,
    holds: { invocations: 1024, workgroups: 32, registers: 131_072, workgroupBytes: xeHpg.workgroupMemory },
    workgroupStorage: 32 << 10,
    source: 'Intel product page of the Arc A770; Intel oneAPI GPU Optimization Guide, Xe-HPG architecture',
  },
  'iris-xe': {
    name: 'Intel Iris Xe of Tiger Lake, 96 execution units',
    adapter: { vendor: 'intel', architecture: 'gen-12lp', subgroupSize: [8, 32] },
    ...classPeaks.other,
    cores: 6,
    lanes: 128,
    holds: { invocations: 896, workgroups: 16, registers: 114_688, workgroupBytes: xeLp.workgroupMemory },
    workgroupStorage: 32 << 10,
    source:
      'Intel product page of the Core i7-1185G7; Intel oneAPI GPU Optimization Guide, Xe-LP architecture',
  },
  m2: {
    name: 'Apple M2, 10 cores',
    adapter: { vendor: 'apple', architecture: 'common-3', subgroupSize: [32, 32] },
    ...classPeaks.apple,
    cores: 10,
    lanes: 128,
    holds: { invocations: 1024, workgroups: 16, registers: 53_248, workgroupBytes: 60 << 10 },
    workgroupStorage: 32 << 10,
    source:
      'Apple newsroom, 6 June 2022; register file and workgroup memory as measured by P. Turner, metal-benchmarks',
  },
};

/** An adapter with the information, the limits and the features of a card: no device can be had of it. */
export function adapterOf({ name, adapter, workgroupStorage }: Card): GPUAdapter {
  const { vendor, architecture, subgroupSize } = adapter;
  const info = {
    vendor,
    architecture,
    device: name,
    description: `${name}, estimated`,
    subgroupMinSize: subgroupSize[0],
    subgroupMaxSize: subgroupSize[1],
    isFallbackAdapter: false,
  };
  const limits = {
    maxBufferSize: 2 ** 32,
    maxStorageBufferBindingSize: 2 ** 31 - 4,
    maxStorageBuffersPerShaderStage: 10,
    maxComputeWorkgroupStorageSize: workgroupStorage,
    maxComputeInvocationsPerWorkgroup: 1024,
    maxComputeWorkgroupSizeX: 1024,
    maxComputeWorkgroupsPerDimension: 65_535,
  };
  const features = new Set(['shader-f16', 'subgroups', 'subgroup-size-control', 'timestamp-query']);
  return { info, limits, features } as unknown as GPUAdapter;
}
