/**
 * Tensors that are larger than the adapter's largest binding (maxStorageBufferBindingSize, 128 MiB on many; buffers may be larger).
 * Such a tensor is bound in windows, one behind the other, and the kernel finds the window of each index:
 *
 *   x[i]      becomes  read_windows_x(i)          fn read_windows_x(i: u32) -> vec4f {
 *   y[i] = v  becomes  write_windows_y(i, v)        if (i - 0u < 8388608u) { return x[i - 0u]; }
 *                                                   return x_window_1[i - 8388608u];
 *                                                 }
 *
 * (Numbers are unsigned: for an index before a window the difference is large.) Kernels, operators, the memory planner and captured
 * steps know nothing of it, and everything is added in the same order as elsewhere. What fits is dispatched as it is.
 *
 * Where a kernel would bind more buffers than the adapter allows, it runs several times, each time with some of the windows of its
 * outputs; what belongs to the others is not stored.
 */

import { type ArrayAccess, withAccesses } from './access-edits.ts';
import type { BindingInfo, LinkedKernel } from './kernel.ts';
import { bindingAlignment } from './memory.ts';
import { type StorageArray, type StorageUse, storageUse } from './storage-accesses.ts';

/** What an adapter can bind. */
export interface BindingLimits {
  readonly maxStorageBufferBindingSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
}

/** Bytes of the tensors that are larger than a binding, by the names of their bindings. */
export type LargeTensors = ReadonlyMap<string, number>;

/** A tensor that is bound in windows. */
interface LargeArray extends StorageArray {
  readonly name: string;
  readonly writable: boolean;
  /** Elements in all windows together. */
  readonly elements: number;
  readonly windows: readonly Window[];
}

/** A part of it that one binding holds, in elements. */
interface Window {
  readonly array: string;
  readonly variable: string;
  readonly binding: number;
  readonly first: number;
  readonly count: number;
}

/** By kernel, then by sizes and limits. */
const known = new WeakMap<LinkedKernel, Map<string, readonly LinkedKernel[] | null>>();

/** The kernels to run, one after the other, in the place of one whose tensors are too large; null where windows do not help. */
export function inWindows(
  linked: LinkedKernel,
  large: LargeTensors,
  limits: BindingLimits,
): readonly LinkedKernel[] | null {
  let kernels = known.get(linked);
  if (!kernels) {
    kernels = new Map();
    known.set(linked, kernels);
  }
  const key = JSON.stringify([
    ...large,
    limits.maxStorageBufferBindingSize,
    limits.maxStorageBuffersPerShaderStage,
  ]);
  let made = kernels.get(key);
  if (made === undefined) {
    made = kernelsInWindows(linked, large, limits);
    kernels.set(key, made);
  }
  return made;
}

function kernelsInWindows(
  linked: LinkedKernel,
  large: LargeTensors,
  limits: BindingLimits,
): readonly LinkedKernel[] | null {
  const use = storageUse(linked.wgsl, new Set(large.keys()));
  const arrays = cutArrays(linked, large, use, limits.maxStorageBufferBindingSize);
  const passes = arrays && passesOf(linked, arrays, use, limits.maxStorageBuffersPerShaderStage);
  if (!passes) return null;
  const calls = new Map(arrays.map((array) => [array.name, callsOf(array)]));
  const text = withAccesses(linked.wgsl, use.accesses, (name) => calls.get(name));
  return passes.map((windows, pass) => {
    const bindings = linked.bindings.filter(({ name }) => !large.has(name));
    const lines = [text];
    for (const array of arrays) {
      const own = windows.filter((window) => window.array === array.name);
      const added = own.filter(({ variable }) => variable !== array.name);
      bindings.push(...own.map((window) => bindingOf(array, window)));
      lines.push(...added.map((window) => declarationOf(array, window)));
      if (text.includes(`read_windows_${array.name}(`)) lines.push(readFunction(array, own));
      if (text.includes(`write_windows_${array.name}(`)) lines.push(writeFunction(array, own));
    }
    const parts = arrays.map(({ name, windows }) => `${name} in ${windows.length}`);
    const key = `${linked.key} ${[...parts, ...(passes.length > 1 ? [`pass ${pass + 1}`] : [])].join(', ')}`;
    return { ...linked, key, bindings, wgsl: lines.join('\n') };
  });
}

/** Every large tensor in windows; null if one is not an array, is not used by its elements alone, or no window fits the limit. */
function cutArrays(
  { bindings }: LinkedKernel,
  large: LargeTensors,
  { arrays, otherwise }: StorageUse,
  limit: number,
): LargeArray[] | null {
  let free = 1 + Math.max(...bindings.map(({ binding }) => binding));
  const made: LargeArray[] = [];
  for (const { name, binding, writable } of bindings) {
    const bytes = large.get(name);
    if (bytes === undefined) continue;
    const array = arrays.get(name);
    if (!array || otherwise.has(name)) return null;
    // So many elements, of whole words or halves of them, end where a binding may begin.
    const unit = bindingAlignment / Math.min(array.stride, 4);
    const most = unit * Math.floor(limit / (unit * array.stride));
    if (most === 0) return null;
    const elements = Math.floor(bytes / array.stride);
    const windows = Array.from({ length: Math.ceil(elements / most) }, (_, k) => ({
      array: name,
      variable: k === 0 ? name : `${name}_window_${k}`,
      binding: k === 0 ? binding : free++,
      first: k * most,
      count: Math.min(most, elements - k * most),
    }));
    made.push({ ...array, name, writable, elements, windows });
  }
  return made;
}

/** Which windows are bound at the same time; null if the inputs alone are too many, or the kernel must not run twice. */
function passesOf(
  { bindings }: LinkedKernel,
  arrays: readonly LargeArray[],
  { read }: StorageUse,
  most: number,
): Window[][] | null {
  const windowsOf = (writable: boolean) =>
    arrays.filter((array) => array.writable === writable).flatMap(({ windows }) => windows);
  const [inputs, outputs] = [windowsOf(false), windowsOf(true)];
  const places = most - (bindings.length - arrays.length) - inputs.length;
  if (outputs.length <= places) return [[...inputs, ...outputs]];
  const canRepeat = bindings.every(({ name, writable }) => !(writable && read.has(name)));
  if (places < 1 || !canRepeat) return null;
  return Array.from({ length: Math.ceil(outputs.length / places) }, (_, pass) => [
    ...inputs,
    ...outputs.slice(pass * places, (pass + 1) * places),
  ]);
}

/** Functions in the place of accesses to a large array. */
const callsOf = ({ name, elements }: LargeArray): ArrayAccess => ({
  read: [`read_windows_${name}(u32(`, '))'],
  write: [`write_windows_${name}(u32(`, '), '],
  length: `${elements}u`,
});

const bindingOf = (
  { name, writable, stride }: LargeArray,
  { binding, first, count }: Window,
): BindingInfo => ({
  name,
  binding,
  writable,
  window: { offset: first * stride, bytes: count * stride },
});

const declarationOf = ({ writable, element }: LargeArray, { variable, binding }: Window): string =>
  `@group(0) @binding(${binding}) var<storage, ${writable ? 'read_write' : 'read'}> ${variable}: array<${element}>;`;

const isInside = ({ first, count }: Window): string => `i - ${first}u < ${count}u`;
const place = ({ variable, first }: Window): string => `${variable}[i - ${first}u]`;

function readFunction({ name, element }: LargeArray, windows: readonly Window[]): string {
  const lines = windows.map((window, k) =>
    k === windows.length - 1
      ? `  return ${place(window)};\n`
      : `  if (${isInside(window)}) { return ${place(window)}; }\n`,
  );
  return `fn read_windows_${name}(i: u32) -> ${element} {\n${lines.join('')}}`;
}

function writeFunction({ name, element }: LargeArray, windows: readonly Window[]): string {
  const lines = windows.map((window) => `  if (${isInside(window)}) { ${place(window)} = value; }\n`);
  return `fn write_windows_${name}(i: u32, value: ${element}) {\n${lines.join('')}}`;
}
