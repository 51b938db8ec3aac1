/**
 * Tensors stored as f16 (IEEE 754 binary16) in kernels that are written for f32. Numbers become f32 as they are loaded, and are rounded as
 * they are stored: all arithmetic, sums and indices are those of the kernel.
 *
 *   var<storage, read_write> y: array<vec4f>   becomes  array<vec4<f16>>
 *   x[i]                                       becomes  vec4f(x[i]), or where numbers are bound as bits bitcast<vec4u>(vec4f(x[i]))
 *   y[i] = v                                   becomes  y[i] = half_4(v)
 *
 * This is done to the linked text, so that kernels and operators know nothing of it, those of your own too.
 */

import { type ArrayAccess, type Edit, withAccesses } from './access-edits.ts';
import type { LinkedKernel } from './kernel.ts';
import { type StorageArray, storageUse } from './storage-accesses.ts';

/** By kernel, then by the names of what is stored so. */
const known = new WeakMap<LinkedKernel, Map<string, LinkedKernel | null>>();

/**
 * The kernel with some of its tensors as f16; null where one is used otherwise than by its elements, or these are not f32, their bits,
 * or vectors of such.
 */
export function withHalves(linked: LinkedKernel, names: readonly string[]): LinkedKernel | null {
  let kernels = known.get(linked);
  if (!kernels) {
    kernels = new Map();
    known.set(linked, kernels);
  }
  const key = names.join(' ');
  let made = kernels.get(key);
  if (made === undefined) {
    made = halved(linked, names);
    kernels.set(key, made);
  }
  return made;
}

function halved(linked: LinkedKernel, names: readonly string[]): LinkedKernel | null {
  const { arrays, accesses, otherwise } = storageUse(linked.wgsl, new Set(names));
  const found = names.map((name) => [name, arrays.get(name)?.numbers] as const);
  const isUsable = found.every(
    ([name, numbers]) =>
      numbers && (numbers.scalar === 'f32' || numbers.scalar === 'u32') && !otherwise.has(name),
  );
  const asksLength = accesses.some(({ kind, name }) => kind === 'length' && arrays.has(name));
  // The length of an odd number of halves counts what fills up the last word.
  if (!isUsable || asksLength) return null;
  const ways = new Map<string, ArrayAccess>();
  const types: Edit[] = [];
  const counts = new Set<number>();
  for (const [name, array] of arrays) {
    const { start, end, numbers } = array;
    ways.set(name, accessOf(name, numbers!));
    types.push({ start, end, text: vectorOf('f16', numbers!.count) });
    counts.add(numbers!.count);
  }
  const text = withAccesses(linked.wgsl, accesses, (name) => ways.get(name), types);
  const functions = [...counts].map((count) => rounding(count));
  return {
    ...linked,
    key: `${linked.key} f16: ${names.join(', ')}`,
    // On the first line, so that lines keep their numbers.
    wgsl: `enable f16; ${[text, ...functions].join('\n')}`,
  };
}

const vectorOf = (scalar: string, count: number): string => (count === 1 ? scalar : `vec${count}<${scalar}>`);

function accessOf(name: string, { scalar, count }: NonNullable<StorageArray['numbers']>): ArrayAccess {
  const [number, bits] = [vectorOf('f32', count), vectorOf('u32', count)];
  return scalar === 'f32'
    ? { read: [`${number}(${name}[`, '])'], write: [`${name}[`, `] = half_${count}(`] }
    : {
        read: [`bitcast<${bits}>(${number}(${name}[`, ']))'],
        write: [`${name}[`, `] = half_of_bits_${count}(`],
      };
}

/**
 * Rounds f32 to f16. WGSL does not say what becomes of finite numbers beyond the largest f16 (https://www.w3.org/TR/WGSL/, floating point
 * conversion), and drivers that round to zero make 65504 of them; here they become infinite before, from 65520 on, halfway to what would be the
 * next f16, as IEEE 754 has it. By their bits, since compilers may assume that there are no infinities and no NaN.
 */
function rounding(count: number): string {
  const [half, number, bits] = ['f16', 'f32', 'u32'].map((scalar) => vectorOf(scalar, count));
  return [
    `fn half_${count}(value: ${number}) -> ${half} { return half_of_bits_${count}(bitcast<${bits}>(value)); }`,
    `fn half_of_bits_${count}(word: ${bits}) -> ${half} {`,
    `  let magnitude = word & ${bits}(0x7fffffffu);`,
    `  let beyond = (magnitude >= ${bits}(0x477ff000u)) & (magnitude <= ${bits}(0x7f800000u));`,
    `  let infinity = (word & ${bits}(0x80000000u)) | ${bits}(0x7f800000u);`,
    `  return ${half}(bitcast<${number}>(select(word, infinity, beyond)));`,
    '}',
  ].join('\n');
}
