/** The GPUs whose compilers Mesa has, and how each of its drivers is made to believe that one is there. */

import type { InstructionSet } from './assembly.ts';
import { type Core, gcn5, rdna2, rdna3, xeHpg, xeLp } from './occupancy.ts';

export interface CompiledGpu {
  /** As options and tables call it. */
  readonly name: string;
  readonly title: string;
  readonly set: InstructionSet;
  readonly core: Core;
  /** The Vulkan driver's manifest, as Mesa names it. */
  readonly manifest: string;
  /** What the process that opens it needs in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether scripts/gpu-compilers/i915.c stands in for the kernel's module. */
  readonly needsModule: boolean;
}

const intel = (name: string, title: string, id: string, core: Core): CompiledGpu => ({
  name,
  title,
  set: 'intel',
  core,
  manifest: 'intel_icd',
  environment: { FAKE_I915: id },
  needsModule: true,
});

/** RADV compiles for a family of chips without one (its documentation, RADV_FORCE_FAMILY); it can do nothing else then. */
const amd = (name: string, title: string, core: Core): CompiledGpu => ({
  name,
  title,
  set: 'amd',
  core,
  manifest: 'radeon_icd',
  environment: { RADV_FORCE_FAMILY: name, PIPELINES_ONLY: '1' },
  needsModule: false,
});

export const compiledGpus: readonly CompiledGpu[] = [
  intel('a770', 'Intel Arc A770, Xe-HPG', '0x56a0', xeHpg),
  intel('tigerlake', 'Intel Tiger Lake, Xe-LP', '0x9a49', xeLp),
  intel('meteorlake', 'Intel Meteor Lake, Xe-LPG', '0x7d55', xeHpg),
  amd('navi31', 'AMD Radeon RX 7900, RDNA3', rdna3),
  amd('navi21', 'AMD Radeon RX 6800 and 6900, RDNA2', rdna2),
  amd('vega10', 'AMD Radeon RX Vega, GCN 5', gcn5),
];
