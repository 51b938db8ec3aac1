/** Every kernel, and which operators dispatch it: found out by recording the operators' own cases. */

import type { BoundCase, Operator } from '../../engine/core/operator.ts';
import type { Device } from '../../engine/core/tensor.ts';
import { type Sketch, sketchOf } from '../../engine/testing/recording.ts';
import { conditionsOf, constantsOf, headerOf, summaryOf } from './header.ts';
import { inspectedOperators } from './operators.ts';

/** One kernel file. */
export interface KernelEntry {
  readonly name: string;
  readonly source: string;
  /** What it computes, in one line. */
  readonly summary: string;
  /** The comment at the beginning of the file. */
  readonly header: string;
  /** Names of the constants that the host compiles in. */
  readonly constants: readonly string[];
  /** Names of the conditions that switch parts of it on. */
  readonly conditions: readonly string[];
  /** Tiled mainloops that it can be linked with; empty for kernels with an entry point of their own. */
  readonly mainloops: readonly string[];
  /** Whether there is a choice of variants under the kernel's own name, which then decides about this kernel alone. */
  readonly isOperation: boolean;
  /** Operators that dispatch it, with a case and the variant that does so. */
  readonly uses: readonly KernelUse[];
}

export interface KernelUse {
  readonly operator: Operator;
  readonly sample: BoundCase;
  /** null: the one that is taken anyway. */
  readonly variant: string | null;
}

interface Draft {
  readonly source: string;
  readonly mainloops: Set<string>;
  readonly uses: KernelUse[];
}

/** The kernels that this device's variants use, by name. Nothing runs. */
export function kernelCatalogue(device: Device): KernelEntry[] {
  const drafts = new Map<string, Draft>();
  const operations = new Set<string>();
  for (const operator of inspectedOperators) {
    const seen = new Set<string>();
    for (const sample of operator.cases) {
      const pattern = patternOf(sample);
      if (seen.has(pattern)) continue;
      seen.add(pattern);
      const usual = note(device, drafts, { operator, sample, variant: null });
      for (const operation of usual.operations) operations.add(operation);
      for (const variant of oneOfEachKind(usual.variants))
        note(device, drafts, { operator, sample, variant });
    }
  }
  // An operator that dispatches few kernels shows one best: a product for gemm, rather than a loss that needs one.
  const kernelsOf = (operator: Operator): number =>
    [...drafts.values()].filter(({ uses }) => uses.some((use) => use.operator === operator)).length;
  return [...drafts]
    .map(([name, { source, mainloops, uses }]) => ({
      name,
      source,
      summary: summaryOf(source),
      header: headerOf(source),
      constants: constantsOf(source),
      conditions: conditionsOf(source),
      mainloops: [...mainloops].sort(),
      isOperation: operations.has(name),
      uses: uses.sort((a, b) => kernelsOf(a.operator) - kernelsOf(b.operator)),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Cases that differ in nothing but extents dispatch the same kernels, mostly. */
function patternOf({ inputs, attributes }: BoundCase): string {
  const odd = inputs.map(({ shape }) => shape.length).join();
  const keys = Object.entries(attributes ?? {}).map(([key, value]) =>
    typeof value === 'number' ? key : `${key}=${JSON.stringify(value)}`,
  );
  return `${odd} ${keys.join(' ')}`;
}

/** `subgroup 32×32` and `subgroup 64×32` are of one kind. */
function oneOfEachKind(variants: readonly string[]): string[] {
  const kinds = new Map<string, string>();
  for (const variant of variants) {
    const kind = variant
      .replace(/^(subgroup|workgroup|pipelined|matrix)\b[^i]*( in)?.*$/, '$1$2')
      .replace(/^(in the product, \w+) .*$/, '$1');
    if (!kinds.has(kind)) kinds.set(kind, variant);
  }
  return [...kinds.values()];
}

/** Adds the kernels of one case. */
function note(device: Device, drafts: Map<string, Draft>, use: KernelUse): Sketch {
  const sketch = sketchOf(device, use.sample, use.variant === null ? {} : { variant: use.variant });
  for (const { kernel } of sketch.dispatches) {
    const { name, source, mainloop } = kernel;
    const draft = drafts.get(name) ?? { source, mainloops: new Set<string>(), uses: [] };
    drafts.set(name, draft);
    if (mainloop) draft.mainloops.add(mainloop.name);
    if (!draft.uses.some(({ operator }) => operator === use.operator)) draft.uses.push(use);
  }
  return sketch;
}
