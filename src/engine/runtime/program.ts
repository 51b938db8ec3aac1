/** A step as plain data, which a device of another process can run. */

import { CapturedStep, type StepHost } from './captured-step.ts';
import type { BindingInfo, Cost, KernelArgument, LinkedKernel } from './kernel.ts';
import { align, type MemoryPlan, type Placement, Storage } from './memory.ts';
import type { PreparedDispatch } from './prepared.ts';
import type { Source } from './transfers.ts';

/** A kernel as the driver gets it. */
export interface ProgramKernel {
  readonly name: string;
  readonly key: string;
  readonly wgsl: string;
  readonly bindings: readonly BindingInfo[];
}

/** A range of one of the buffers, in bytes. */
interface ProgramRange {
  readonly buffer: number;
  readonly offset: number;
  readonly bytes: number;
}

export interface StepProgram {
  readonly kernels: readonly ProgramKernel[];
  readonly buffers: readonly { readonly bytes: number; readonly contents?: ArrayBuffer }[];
  readonly dispatches: readonly {
    readonly kernel: number;
    readonly operator: string;
    readonly ranges: readonly ProgramRange[];
    readonly grid: readonly [number, number, number];
    readonly cost: Cost;
  }[];
}

/** What was recorded of a step that no device is to run here. */
export interface RecordedStep {
  readonly dispatches: readonly PreparedDispatch[];
  readonly plan: MemoryPlan;
  /** Of the step's own memory. */
  readonly placements: ReadonlyMap<Storage, Placement>;
}

/** What tensors from outside hold is sent up to so many bytes: extents that kernels read. Longer ones hold zeros, as intermediates do. */
const mostContents = 1 << 12;

/** @param download reads what some ranges hold */
export async function programOf(
  { dispatches, plan, placements }: RecordedStep,
  download: (sources: readonly Source[]) => Promise<ArrayBuffer[]>,
): Promise<StepProgram> {
  const kernels = [...new Set(dispatches.map(({ kernel }) => kernel))];
  const isOutside = (root: Storage): boolean => !placements.has(root);
  const roots = dispatches.flatMap(({ tensors }) => tensors.map(({ storage }) => storage.root));
  const outside = [...new Set(roots.filter(isOutside))];
  const short = outside.filter(({ bytes }) => bytes <= mostContents);
  // Whole words, as they are written again.
  const contents = await download(short.map((storage) => ({ storage, bytes: align(storage.bytes, 4) })));
  const rangeOf = ({ storage, bytes }: KernelArgument): ProgramRange => {
    const { root } = storage;
    const inside = storage.offset - root.offset;
    const placement = placements.get(root);
    return placement
      ? { buffer: placement.block, offset: placement.offset + inside, bytes }
      : { buffer: plan.blocks.length + outside.indexOf(root), offset: inside, bytes };
  };
  return {
    kernels: kernels.map(({ name, key, wgsl, bindings }) => ({ name, key, wgsl, bindings })),
    buffers: [
      ...plan.blocks.map((bytes) => ({ bytes })),
      ...outside.map((root) => ({ bytes: root.bytes, contents: contents[short.indexOf(root)] })),
    ],
    dispatches: dispatches.map(({ kernel, operator, tensors, grid, dispatch: { cost } }) => ({
      kernel: kernels.indexOf(kernel),
      operator,
      ranges: tensors.map(rangeOf),
      grid,
      cost,
    })),
  };
}

/** The device that a program is run on, as far as the program needs it. */
export interface ProgramHost extends StepHost {
  createBuffer(bytes: number): GPUBuffer;
  compiled(kernel: LinkedKernel): PreparedDispatch['kernel'];
}

/** Loads a program; like every captured step it is compiled before the first run, or by it. */
export function stepOf(device: ProgramHost, program: StepProgram): CapturedStep<null> {
  const buffers = program.buffers.map(({ bytes, contents }) => {
    const buffer = device.createBuffer(bytes);
    if (contents) device.gpu.queue.writeBuffer(buffer, 0, contents);
    return buffer;
  });
  const kernels = program.kernels.map((kernel) => device.compiled({ ...kernel, origin: placeIn(kernel) }));
  const tensorOf = ({ buffer, offset, bytes }: ProgramRange): KernelArgument => {
    const words = Math.ceil(bytes / 4);
    const storage = new Storage(bytes, buffers[buffer]!, offset);
    return { shape: [words], dtype: 'u32', size: words, bytes, storage, device, isDisposed: false };
  };
  const dispatches = program.dispatches.map(({ kernel, operator, ranges, grid, cost }, call) => {
    const { name, wgsl } = kernels[kernel]!;
    return {
      kernel: kernels[kernel]!,
      tensors: ranges.map(tensorOf),
      grid,
      operator,
      phase: 'forward' as const,
      part: null,
      call,
      dispatch: { kernel: { name, source: wgsl }, constants: {}, bindings: {}, grid, cost },
      decisions: [],
    };
  });
  const plan: MemoryPlan = { placements: new Map(), blocks: program.buffers.map(({ bytes }) => bytes) };
  return new CapturedStep(device, null, { dispatches, exchanges: [], views: [] }, plan, buffers);
}

/** For messages of the compiler: the files are in the other process. */
function placeIn({ name, wgsl }: ProgramKernel): LinkedKernel['origin'] {
  return (line) => ({ place: `${name}.wgsl:${line}`, text: wgsl.split('\n')[line - 1]?.trim() ?? '' });
}
