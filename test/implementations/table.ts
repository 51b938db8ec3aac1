/** The operator table on one device, entry by entry: plain code for wherever the engine runs. */

import type { BoundCase, Operator } from '../../src/engine/core/operator.ts';
import type { Device } from '../../src/engine/core/tensor.ts';
import { operators } from '../../src/engine/ops/index.ts';
import { checkCase, faultsOf, misuseFault } from '../../src/engine/testing/check.ts';
import { halfCases } from '../../src/engine/testing/half-cases.ts';
import { dispatchesOf } from '../../src/engine/testing/recording.ts';

/** A case of an operator, or a misuse that it must refuse. */
export interface Entry {
  readonly operator: string;
  readonly label: string;
}

export interface EntryResult extends Entry {
  /** Sentences on what is wrong; none if it passed. */
  readonly faults: readonly string[];
  readonly seconds: number;
}

/** Which cases: all, or as few as have every operator and every kernel with each of its mainloops. */
export type Extent = 'all' | 'covering';

interface Sample extends Entry {
  readonly sample: BoundCase;
}

const samplesOf = ({ name, cases }: Pick<Operator, 'name' | 'cases'>): Sample[] =>
  cases.map((sample) => ({ operator: name, label: sample.label, sample }));

/** The cases of all operators, and where the device has f16 those of tensors stored so. */
function allSamples({ report }: Device): readonly Sample[] {
  const halves = report.features.includes('shader-f16') ? halfCases : [];
  return [...operators, ...halves].flatMap(samplesOf);
}

/** The entries that are wanted of the table, each with what checks it. */
export class OperatorTable {
  readonly entries: readonly Entry[];
  private readonly checks: readonly (() => readonly string[] | Promise<readonly string[]>)[];

  constructor(device: Device, extent: Extent) {
    const cases = extent === 'all' ? allSamples(device) : coveringSamples(device);
    const misuses = operators.flatMap(({ name, misuses }) =>
      misuses.map((misuse) => ({ operator: name, label: `refuses ${misuse.label}`, misuse })),
    );
    this.entries = [...cases, ...misuses].map(({ operator, label }) => ({ operator, label }));
    this.checks = [
      ...cases.map(
        ({ sample }) =>
          async () =>
            faultsOf(await checkCase(device, sample)),
      ),
      ...misuses.map(
        ({ misuse }) =>
          () =>
            [misuseFault(device, misuse)].filter((fault) => fault !== null),
      ),
    ];
  }

  async check(index: number): Promise<EntryResult> {
    const start = performance.now();
    const found = async () => this.checks[index]!();
    const faults = await found().catch((error: Error) => [`${error.name}: ${error.message}`]);
    return { ...this.entries[index]!, faults, seconds: (performance.now() - start) / 1000 };
  }
}

/** What a case is an instance of: its operator, and the kernels it dispatches, forward and backward. */
function subjectsOf(device: Device, { operator, sample }: Sample): Set<string> {
  const kernels = dispatchesOf(device, sample).map(({ dispatch: { kernel }, tensors }) =>
    [kernel.name, kernel.mainloop?.name, tensors.some(({ dtype }) => dtype === 'f16')].join('/'),
  );
  return new Set([operator, ...kernels]);
}

/**
 * Picks again and again the case with the largest part of operator and kernels that was not picked yet, of equals the one with the most
 * arithmetic: time goes into compiling kernels, and small cases have no edges between tiles.
 */
function coveringSamples(device: Device): readonly Sample[] {
  const candidates = allSamples(device).map((entry) => ({ entry, subjects: subjectsOf(device, entry) }));
  const missing = new Set(candidates.flatMap(({ subjects }) => [...subjects]));
  const picked: Sample[] = [];
  while (missing.size > 0) {
    const part = ({ subjects }: (typeof candidates)[number]) =>
      [...subjects].filter((subject) => missing.has(subject)).length / subjects.size;
    const most = Math.max(...candidates.map(part));
    const [best] = candidates
      .filter((candidate) => part(candidate) === most)
      .sort((a, b) => b.entry.sample.cost.flops - a.entry.sample.cost.flops);
    for (const subject of best!.subjects) missing.delete(subject);
    picked.push(best!.entry);
  }
  return picked;
}
