import {
  composeResolvers,
  createConstantsResolver,
  linkRegistry,
  type ModuleResolver,
  RecordResolver,
} from 'wesl';
import { shaderLibrary } from '../shaders/lib/index.ts';
import { DeviceError } from './errors.ts';
import type { Tensor } from './tensor.ts';

/** Arithmetic and memory traffic of one dispatch, for GFLOP/s, GB/s and rooflines. A fused multiply-add counts two. */
export interface Cost {
  readonly flops: number;
  readonly bytes: number;
}

/** A handwritten kernel: a WESL module of `src/shaders`. */
export interface Kernel {
  /** File name without extension: `conv2d_forward`. */
  readonly name: string;
  readonly source: string;
  /**
   * For kernels that only say what their operands are: the module with the entry point, which imports them as
   * `package::operands`.
   */
  readonly walk?: { readonly name: string; readonly source: string };
}

/** One call of a kernel: its compile-time choices, its tensors by binding name, its grid of workgroups. */
export interface Dispatch {
  readonly kernel: Kernel;
  /** `import constants::NAME` in the kernel. Shapes and tile sizes are compiled in: loops unroll, divisions become shifts. */
  readonly constants: Readonly<Record<string, number>>;
  /** `@if(name)` in the kernel. */
  readonly conditions?: Readonly<Record<string, boolean>>;
  readonly bindings: Readonly<Record<string, Tensor>>;
  readonly grid: readonly [number, number, number];
  readonly cost: Cost;
}

export interface BindingInfo {
  readonly name: string;
  readonly binding: number;
  readonly writable: boolean;
}

export interface LinkedKernel {
  readonly name: string;
  readonly key: string;
  /** The WGSL that the driver gets. */
  readonly wgsl: string;
  readonly bindings: readonly BindingInfo[];
}

const bindingPattern =
  /@group\(\s*0\s*\)\s*@binding\(\s*(\d+)\s*\)\s*var<\s*storage\s*,\s*(read|read_write)\s*>\s*(\w+)/g;

/** Declarations of lib/subgroup_matrix, which stand for what the driver knows. */
const builtinsPattern =
  /^(struct subgroup_matrix_\w+ \{[^}]*\}|const row_major = 0;|fn subgroupMatrix\w+\(\) \{ *\})$/gm;

const linked = new Map<string, LinkedKernel>();
const resolvers = new Map<string, RecordResolver>();

function formatConstant(kernel: string, name: string, value: number): string {
  if (!Number.isFinite(value)) throw new DeviceError(`kernel ${kernel}: constant ${name} is ${value}`);
  // As an integer literal, WGSL has no number past 2⁶³.
  return Number.isSafeInteger(value) ? String(value) : value.toExponential();
}

/** Links a kernel with its constants and conditions to plain WGSL and reads its bindings. Results are cached. */
export function linkKernel(
  kernel: Kernel,
  constants: Readonly<Record<string, number>>,
  conditions: Readonly<Record<string, boolean>> = {},
): LinkedKernel {
  const { walk } = kernel;
  const name = walk ? `${kernel.name}/${walk.name}` : kernel.name;
  const key = `${name} ${JSON.stringify(constants)} ${JSON.stringify(conditions)}`;
  const known = linked.get(key);
  if (known) return known;
  let resolver = resolvers.get(name);
  if (!resolver) {
    const main = walk
      ? { './main.wesl': walk.source, './operands.wesl': kernel.source }
      : { './main.wesl': kernel.source };
    resolver = new RecordResolver(Object.assign({}, shaderLibrary, main));
    resolvers.set(name, resolver);
  }
  const values = Object.entries(constants).map(([name, value]) => [
    name,
    formatConstant(kernel.name, name, value),
  ]);
  const modules = composeResolvers(resolver, createConstantsResolver(Object.fromEntries(values)))!;
  const wgsl = link(name, modules, conditions);
  const bindings = [...wgsl.matchAll(bindingPattern)].map(([, binding, access, name]) => ({
    name: name!,
    binding: Number(binding),
    writable: access === 'read_write',
  }));
  const result = { name: kernel.name, key, wgsl, bindings };
  linked.set(key, result);
  return result;
}

function link(
  kernel: string,
  resolver: ModuleResolver,
  conditions: Readonly<Record<string, boolean>>,
): string {
  try {
    const { dest } = linkRegistry({
      rootModuleName: 'main',
      resolver,
      conditions: { ...conditions },
      sourceMap: false,
    });
    return dest.text.replace(builtinsPattern, '');
  } catch (error) {
    throw new DeviceError(`kernel ${kernel} does not link: ${(error as Error).message.split('\n')[0]}`);
  }
}

/** The compiler's messages with the offending lines of the linked WGSL. */
export function describeCompilation(
  kernel: LinkedKernel,
  messages: readonly GPUCompilationMessage[],
): string {
  const lines = kernel.wgsl.split('\n');
  return messages
    .filter((message) => message.type === 'error')
    .map(
      (message) =>
        `line ${message.lineNum}: ${message.message}\n    ${lines[message.lineNum - 1]?.trim() ?? ''}`,
    )
    .join('\n');
}
