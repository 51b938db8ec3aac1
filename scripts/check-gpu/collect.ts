/** Which kernels an adapter would run: those of operators' cases, of whole nets, and of heads with many classes. Nothing runs. */

import type { Operator } from '../../src/engine/core/operator.ts';
import type { Device } from '../../src/engine/core/tensor.ts';
import type { CompiledKernel } from '../../src/engine/runtime/pipelines.ts';
import { type PreparedDispatch, passText } from '../../src/engine/runtime/prepared.ts';
import { halfCases } from '../../src/engine/testing/half-cases.ts';
import { Recording } from '../../src/engine/testing/recording.ts';
import { inspectedOperators } from '../../src/inspector/kernels/operators.ts';
import { heads } from './heads.ts';
import { nets } from './nets.ts';
import type { Work } from './work.ts';

/** A kernel as the driver gets it, once however often it is dispatched. */
export interface CollectedKernel {
  readonly kernel: CompiledKernel;
  /** File and mainloop, with `f16` where tensors are stored so. */
  readonly name: string;
  /** Where it is dispatched, such as `iresnet-50: conv2d backward`. */
  readonly uses: string[];
  /** Floating-point operations of its most expensive dispatch. */
  flops: number;
}

/** Cases of operators, each captured by itself. */
const casesOf = ({ name, cases }: Pick<Operator, 'name' | 'cases'>): Work => ({
  name,
  capture: (device) => cases.map((sample) => new Recording(device, sample).step),
});

/** The cases that operators declare for their tests, and those of f16. */
const cases: readonly Work[] = [...inspectedOperators, ...halfCases].map(casesOf);

/** By name, what there is to look through. */
const workGroups = { nets, heads, cases } as const;

export type WorkGroup = keyof typeof workGroups;

function nameOf({ kernel, tensors, dispatch }: PreparedDispatch): string {
  const { mainloop } = dispatch.kernel;
  const stored = tensors.some(({ dtype }) => dtype === 'f16') ? ' f16' : '';
  return `${kernel.name}${mainloop ? `/${mainloop.name}` : ''}${stored}`;
}

/** The kernels of some groups, those of the same WGSL once. @param device of an idle adapter */
export function collectKernels(device: Device, groups: readonly WorkGroup[]): CollectedKernel[] {
  const kernels = new Map<string, CollectedKernel>();
  for (const work of groups.flatMap((group) => workGroups[group])) {
    for (const prepared of work.capture(device).flatMap(({ dispatches }) => dispatches)) {
      const { kernel, dispatch } = prepared;
      const found = kernels.get(kernel.wgsl) ?? { kernel, name: nameOf(prepared), uses: [], flops: 0 };
      kernels.set(kernel.wgsl, found);
      const use = `${work.name}: ${passText(prepared)}`;
      if (!found.uses.includes(use)) found.uses.push(use);
      found.flops = Math.max(found.flops, dispatch.cost.flops);
    }
  }
  return [...kernels.values()];
}
