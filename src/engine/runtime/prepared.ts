import { DeviceError, formatShape, ShapeError } from '../core/errors.ts';
import type { Phase } from '../core/phase.ts';
import type { Decision } from '../tuning/tune.ts';
import type { AdapterReport } from './adapter.ts';
import { type BindingLimits, inWindows } from './binding-windows.ts';
import { withHalves } from './half-storage.ts';
import type { Dispatch, KernelArgument, LinkedKernel } from './kernel.ts';
import { align } from './memory.ts';
import type { CompiledKernel } from './pipelines.ts';

/** What an operator's dispatches are called in one pass: `conv2d`, `conv2d backward`. */
export function passText({ operator, phase }: { readonly operator: string; readonly phase: Phase }): string {
  return phase === 'backward' ? `${operator} backward` : operator;
}

/** A dispatch made ready: pipeline, tensors in the order of their bindings, and the operator it belongs to. */
export interface PreparedDispatch {
  readonly kernel: CompiledKernel;
  readonly tensors: readonly KernelArgument[];
  readonly grid: readonly [number, number, number];
  readonly operator: string;
  readonly phase: Phase;
  /** The part of the program that it belongs to: see `Runtime.inPart`. */
  readonly part: string | null;
  /** Number of the operator call: dispatches of one call share it, and those of later calls have larger ones. */
  readonly call: number;
  readonly dispatch: Dispatch;
  /** Which variants it belongs to, the outermost choice first. */
  readonly decisions: readonly Decision[];
}

/** @throws DeviceError unless the adapter can start so many workgroups */
export function checkGrid(report: AdapterReport, operator: string, { grid, kernel }: Dispatch): void {
  const limit = report.limits.maxComputeWorkgroupsPerDimension;
  if (grid.some((extent) => !Number.isInteger(extent) || extent < 1 || extent > limit)) {
    throw new DeviceError(
      `${operator}: kernel ${kernel.name} asks for a grid of ${grid.join(' × ')} workgroups; the adapter allows 1 to ${limit} in a dimension`,
    );
  }
}

/**
 * The tensors of a dispatch by the names of the kernel's bindings.
 *
 * @param isPlanned whether a tensor without memory will get some when the step that is being captured is planned
 * @throws DeviceError if one is missing
 * @throws ShapeError if one cannot be used: disposed of, of another device, an intermediate of another step
 */
export function usableTensors(
  device: object,
  operator: string,
  { name: kernel, bindings: declared }: LinkedKernel,
  { bindings }: Dispatch,
  isPlanned: (tensor: KernelArgument) => boolean,
): Readonly<Record<string, KernelArgument>> {
  for (const { name } of declared) {
    const tensor = bindings[name];
    if (!tensor)
      throw new DeviceError(`${operator}: kernel ${kernel} has a binding ${name} that got no tensor`);
    const unusable = (why: string): ShapeError =>
      new ShapeError(`${operator}: a tensor of shape ${formatShape(tensor.shape)} ${why}`);
    if (tensor.isDisposed) throw unusable('was used after it was disposed of');
    if (tensor.device !== device) throw unusable('belongs to another device');
    if (!tensor.storage.buffer && !isPlanned(tensor))
      throw unusable('is an intermediate of a captured step; return it from the captured function to use it');
  }
  return bindings;
}

/** The kernel for tensors of which some are stored as f16. @throws DeviceError if it uses one of them otherwise than by its elements */
function asStored(
  operator: string,
  linked: LinkedKernel,
  tensors: Readonly<Record<string, KernelArgument>>,
): LinkedKernel {
  const halves = linked.bindings.flatMap(({ name }) => (tensors[name]!.dtype === 'f16' ? [name] : []));
  if (halves.length === 0) return linked;
  const stored = withHalves(linked, halves);
  if (stored) return stored;
  throw new DeviceError(
    `${operator}: kernel ${linked.name} uses ${halves.join(' or ')} otherwise than as an array of numbers by its elements, so that it cannot be f16; cast it to f32 before`,
  );
}

/** A dispatch whose cost counts the tensors that are stored as f16 by the bytes that they have: costs are declared as of f32. */
export function withStoredBytes(dispatch: Dispatch): Dispatch {
  const { bindings, cost } = dispatch;
  const halved = Object.values(bindings).filter(({ dtype }) => dtype === 'f16');
  if (halved.length === 0) return dispatch;
  const saved = halved.reduce((sum, { bytes }) => sum + bytes, 0);
  return { ...dispatch, cost: { ...cost, bytes: Math.max(cost.bytes / 2, cost.bytes - saved) } };
}

/**
 * The kernel for tensors of such types and sizes, or those that run in its place.
 *
 * @throws DeviceError if a tensor is larger than the adapter can bind, and windows do not help; if one is f16 and the kernel cannot use it
 */
export function kernelsFor(
  limits: BindingLimits,
  operator: string,
  written: LinkedKernel,
  tensors: Readonly<Record<string, KernelArgument>>,
): readonly LinkedKernel[] {
  const largest = limits.maxStorageBufferBindingSize;
  const linked = asStored(operator, written, tensors);
  const large = linked.bindings.flatMap(({ name }) => {
    const { bytes } = tensors[name]!;
    return bytes > largest ? [[name, bytes] as const] : [];
  });
  if (large.length === 0) return [linked];
  const kernels = inWindows(linked, new Map(large), limits);
  if (kernels) return kernels;
  const [name, bytes] = large[0]!;
  throw new DeviceError(
    `${operator}: a tensor of shape ${formatShape(tensors[name]!.shape)} (${bytes} bytes) exceeds the adapter's largest binding (${largest} bytes); use a smaller batch`,
  );
}

/** Resources of a dispatch, in the order of its bindings. */
export function bindGroupOf(gpu: GPUDevice, { kernel, tensors }: PreparedDispatch): GPUBindGroup {
  return gpu.createBindGroup({
    layout: kernel.layout,
    entries: kernel.bindings.map(({ binding, window }, index) => {
      const { storage, bytes: all } = tensors[index]!;
      const { offset, bytes } = window ?? { offset: 0, bytes: all };
      return {
        binding,
        resource: { buffer: storage.buffer!, offset: storage.offset + offset, size: align(bytes, 4) },
      };
    }),
  });
}
