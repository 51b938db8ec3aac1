import {
  composeResolvers,
  createConstantsResolver,
  linkRegistry,
  type ModuleResolver,
  RecordResolver,
} from 'wesl';
import { shaderLibrary } from '../../shaders/lib/index.ts';
import type { DataType } from '../core/data-type.ts';
import { DeviceError } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';
import type { Storage } from './memory.ts';

/** Arithmetic and memory traffic of one dispatch, for GFLOP/s, GB/s and rooflines. A fused multiply-add counts two. */
export interface Cost {
  readonly flops: number;
  readonly bytes: number;
}

/** A handwritten kernel: a WESL module of `src/shaders`, or one of your own. */
export interface Kernel {
  /** File name without extension: `conv2d_forward`. Names need not differ: kernels are told apart by their text. */
  readonly name: string;
  readonly source: string;
  /** Where the source lies, for messages; default: `name`.wesl. */
  readonly file?: string;
  /**
   * For operand loaders, which only load and store: the module with the entry point, which imports them as
   * `package::operand_loader`.
   */
  readonly mainloop?: { readonly name: string; readonly source: string };
}

/** What a kernel gets of a tensor: a dense row-major array in GPU memory. */
export interface KernelArgument {
  readonly shape: Shape;
  readonly dtype: DataType;
  /** Number of elements. */
  readonly size: number;
  readonly bytes: number;
  readonly storage: Storage;
  /** The device that it was made on. */
  readonly device: object;
  readonly isDisposed: boolean;
}

/** One call of a kernel: its compile-time choices, its tensors by binding name, its grid of workgroups. */
export interface Dispatch {
  readonly kernel: Kernel;
  /**
   * `import constants::NAME` in the kernel. Shapes and tile sizes are compiled in: loops unroll, divisions become shifts. SUBGROUP_SIZE
   * is more than that: the kernel gets the attribute `@subgroup_size`, for which the device needs the feature subgroup-size-control.
   */
  readonly constants: Readonly<Record<string, number>>;
  /** `@if(name)` in the kernel. */
  readonly conditions?: Readonly<Record<string, boolean>>;
  readonly bindings: Readonly<Record<string, KernelArgument>>;
  readonly grid: readonly [number, number, number];
  readonly cost: Cost;
}

export interface BindingInfo {
  /** Of the tensor that is bound. */
  readonly name: string;
  readonly binding: number;
  readonly writable: boolean;
  /** Which part of the tensor, where no binding holds all of it: see binding-windows.ts. */
  readonly window?: { readonly offset: number; readonly bytes: number };
}

/** A kernel whose imports, conditions and constants are resolved: plain WGSL. */
export interface LinkedKernel {
  readonly name: string;
  readonly key: string;
  /** The WGSL that the driver gets. */
  readonly wgsl: string;
  readonly bindings: readonly BindingInfo[];
  /** The line of a source file that a place in the WGSL comes from, as `my.wesl:12` and its text. Line and column count from 1. */
  origin(line: number, column: number): Origin;
}

/** A line of a source file. */
export interface Origin {
  readonly place: string;
  readonly text: string;
}

const bindingPattern =
  /@group\(\s*0\s*\)\s*@binding\(\s*(\d+)\s*\)\s*var<\s*storage\s*,\s*(read|read_write)\s*>\s*(\w+)/g;

/** Declarations of lib/subgroup_matrix, which stand for what the driver knows. */
const builtinsPattern =
  /^(struct subgroup_matrix_\w+ \{[^}]*\}|const (?:row|col)_major = 0;|fn subgroupMatrix\w+\(\) \{ *\})$/gm;

/** What was linked from each text and mainloop: a kernel is its text, whatever it is called. Texts are not joined: a lookup per dispatch. */
const linkedTexts = new Map<string, Map<string, LinkedText>>();

interface LinkedText {
  readonly resolver: RecordResolver;
  /** By the kernel's name, file, constants and conditions. */
  readonly kernels: Map<string, LinkedKernel>;
}

/** Modules in which the linker finds a kernel's own text; the others are the library and the constants. */
const mainModule = './main.wesl';
const operandLoaderModule = './operand_loader.wesl';

function linkedText({ source, mainloop }: Kernel): LinkedText {
  let mainloops = linkedTexts.get(source);
  if (!mainloops) {
    mainloops = new Map();
    linkedTexts.set(source, mainloops);
  }
  const mainloopSource = mainloop?.source ?? '';
  let known = mainloops.get(mainloopSource);
  if (!known) {
    const own: Record<string, string> = mainloop
      ? { [mainModule]: mainloop.source, [operandLoaderModule]: source }
      : { [mainModule]: source };
    known = { resolver: new RecordResolver({ ...shaderLibrary, ...own }), kernels: new Map() };
    mainloops.set(mainloopSource, known);
  }
  return known;
}

/** The file that a module of the linker was read from. */
function fileOf({ name, file, mainloop }: Kernel, module: string): string {
  if (mainloop && module === mainModule) return `lib/${mainloop.name}.wesl`;
  if (module === mainModule || module === operandLoaderModule) return file ?? `${name}.wesl`;
  return module.replace(/^\.\//, '');
}

function formatConstant(kernel: string, name: string, value: number): string {
  if (!Number.isFinite(value)) throw new DeviceError(`kernel ${kernel}: constant ${name} is ${value}`);
  // As an integer literal, WGSL has no number past 2⁶³.
  return Number.isSafeInteger(value) ? String(value) : value.toExponential();
}

/**
 * The kernel with the attribute `@subgroup_size`: 0 leaves the size to the driver. WGSL has no way to make an attribute depend on
 * anything, so it is not in the kernels' files. What is put in front of the text is on its first line, so that lines keep their numbers.
 */
function withSubgroupSize(wgsl: string, size: number): string {
  if (size === 0 || wgsl.includes('@subgroup_size')) return wgsl;
  const sized = wgsl.replace(/@compute\b/, `@compute @subgroup_size(${size})`);
  return `enable subgroups; enable subgroup_size_control; ${sized}`;
}

/** Links a kernel with its constants and conditions to plain WGSL and reads its bindings. Results are cached. */
export function linkKernel(
  kernel: Kernel,
  constants: Readonly<Record<string, number>>,
  conditions: Readonly<Record<string, boolean>> = {},
): LinkedKernel {
  const { mainloop } = kernel;
  const name = mainloop ? `${kernel.name}/${mainloop.name}` : kernel.name;
  const key = `${name} ${JSON.stringify(constants)} ${JSON.stringify(conditions)}`;
  const { resolver, kernels } = linkedText(kernel);
  const entry = kernel.file === undefined ? key : `${kernel.file} ${key}`;
  const known = kernels.get(entry);
  if (known) return known;
  const values = Object.entries(constants).map(([name, value]) => [
    name,
    formatConstant(kernel.name, name, value),
  ]);
  const modules = composeResolvers(resolver, createConstantsResolver(Object.fromEntries(values)))!;
  const linked = link(kernel, modules, conditions);
  const text = linked.dest.text.replace(builtinsPattern, (text) => '\n'.repeat(text.split('\n').length - 1));
  const wgsl = withSubgroupSize(text, constants.SUBGROUP_SIZE ?? 0);
  const bindings = [...wgsl.matchAll(bindingPattern)].map(([, binding, access, name]) => ({
    name: name!,
    binding: Number(binding),
    writable: access === 'read_write',
  }));
  const origin = (line: number, column: number): Origin => {
    const { src, position } = link(kernel, modules, conditions, true).destToSrc(
      offsetOf(linked.dest.text, line, column),
    );
    const row = src.text.slice(0, position).split('\n').length;
    return {
      place: `${fileOf(kernel, src.path ?? mainModule)}:${row}`,
      text: src.text.split('\n')[row - 1]?.trim() ?? '',
    };
  };
  const result = { name: kernel.name, key, wgsl, bindings, origin };
  kernels.set(entry, result);
  return result;
}

/** Offset of a line and column, which count from 1. */
function offsetOf(text: string, line: number, column: number): number {
  const before = text.split('\n').slice(0, line - 1);
  return before.reduce((offset, { length }) => offset + length + 1, 0) + Math.max(column - 1, 0);
}

/** What the linker throws. In browsers the message is that of the cause. */
interface LinkerError extends Error {
  /** Of a name that it does not find: line and column count from 1. */
  readonly weslLocation?: { readonly file: string; readonly line: number; readonly column: number };
}

/** What the linker says, with the name of the file, and the line that it is about. */
function refusal(kernel: Kernel, error: LinkerError): { message: string; line: string | undefined } {
  const { weslLocation, cause } = error;
  const [reason = '', line] = (error.message || (cause as Error).message).split('\n');
  // A syntax error's message is its module, place and reason, then the line, then a mark below the column.
  if (!weslLocation || !reason.includes(' in file: '))
    return { message: reason.replace(/^\.\/\S+?\.wesl/, (module) => fileOf(kernel, module)), line };
  const { file, line: row, column } = weslLocation;
  const own = file === mainModule ? (kernel.mainloop?.source ?? kernel.source) : kernel.source;
  return {
    message: `${fileOf(kernel, file)}:${row}:${column} error: ${reason.replace(/ in file: .*/, '')}`,
    line: file === mainModule || file === operandLoaderModule ? own.split('\n')[row - 1] : undefined,
  };
}

function link(
  kernel: Kernel,
  resolver: ModuleResolver,
  conditions: Readonly<Record<string, boolean>>,
  sourceMap = false,
) {
  try {
    return linkRegistry({ rootModuleName: 'main', resolver, conditions: { ...conditions }, sourceMap });
  } catch (error) {
    const { message, line } = refusal(kernel, error as LinkerError);
    throw new DeviceError(
      `kernel ${kernel.name} does not link: ${message}${line?.trim() ? `\n    ${line.trim()}` : ''}`,
    );
  }
}

/** The compiler's messages, each with the offending line of the file that it comes from. */
export function describeCompilation(
  kernel: LinkedKernel,
  messages: readonly Pick<GPUCompilationMessage, 'type' | 'lineNum' | 'linePos' | 'message'>[],
): string {
  return messages
    .filter((message) => message.type === 'error')
    .map(({ lineNum, linePos, message }) => {
      if (lineNum < 1) return message; // about the whole module
      const { place, text } = kernel.origin(lineNum, linePos);
      return `${place}: ${message}\n    ${text}`;
    })
    .join('\n');
}
