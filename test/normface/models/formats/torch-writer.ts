/** Files of torch.save for tests, made by hand from torch/serialization.py: the zip archive and the format before it. */

import { zipSync } from 'fflate';
import {
  call,
  dict,
  global,
  int,
  joined,
  list,
  long,
  no,
  none,
  type Pickled,
  persistent,
  pickle,
  text,
  tuple,
  yes,
} from './pickle-writer.ts';

export interface StorageToWrite {
  /** Such as `FloatStorage`. */
  readonly type: string;
  readonly count: number;
  readonly bytes: Uint8Array;
}

export const storages: readonly StorageToWrite[] = [
  storage('FloatStorage', new Float32Array([1, 2, 3, 4, 5, 6, -7])),
  storage('DoubleStorage', new Float64Array([0.5, -0.25])),
  storage('HalfStorage', new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7c00])),
  storage('BFloat16Storage', new Uint16Array([0x3f80, 0xc040])),
  storage('LongStorage', new BigInt64Array([12n])),
];

function storage(type: string, numbers: ArrayBufferView & { length: number }): StorageToWrite {
  return {
    type,
    count: numbers.length,
    bytes: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
  };
}

/** @param old whether the storage says which part of it is meant: `old` itself, or null */
export function tensor(
  key: number,
  offset: number,
  shape: number[],
  strides: number[],
  old: boolean | Pickled = false,
): Pickled {
  const { type, count } = storages[key]!;
  const id = tuple(
    text('storage'),
    global('torch', type),
    text(String(key)),
    text('cpu'),
    int(count),
    ...(old ? [old === true ? none : old] : []),
  );
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    persistent(id),
    int(offset),
    tuple(...shape.map(int)),
    tuple(...strides.map(int)),
    no,
    orderedDict([]),
  );
}

export function orderedDict(entries: readonly (readonly [string, Pickled])[]): Pickled {
  return dict(
    entries.map(([name, value]) => [text(name), value] as const),
    call(global('collections', 'OrderedDict')),
  );
}

/** What the files hold; `values` by hand. */
export function stateDict(old: boolean): Pickled {
  return orderedDict([
    ['conv.weight', tensor(0, 0, [2, 3], [3, 1], old)],
    ['turned', tensor(0, 0, [3, 2], [1, 3], old)],
    ['tail', tensor(0, 5, [2], [1], old)],
    ['double', tensor(1, 0, [2], [1], old)],
    ['half', tensor(2, 0, [2, 2], [2, 1], old)],
    ['brain', tensor(3, 0, [2], [1], old)],
    ['bn.num_batches_tracked', tensor(4, 0, [], [], old)],
  ]);
}

export const values: Readonly<Record<string, readonly number[]>> = {
  'conv.weight': [1, 2, 3, 4, 5, 6],
  turned: [1, 4, 2, 5, 3, 6],
  tail: [6, -7],
  double: [0.5, -0.25],
  half: [1, -2, 2 ** -24, Number.POSITIVE_INFINITY],
  brain: [1, -3],
  'bn.num_batches_tracked': [12],
};

export function archive(
  value: Pickled,
  { level = 0, more = {} }: { level?: 0 | 6; more?: Record<string, Uint8Array> } = {},
): Uint8Array {
  const files = Object.fromEntries(storages.map(({ bytes }, key) => [`net/data/${key}`, bytes]));
  return zipSync(
    { 'net/data.pkl': pickle(value), 'net/byteorder': new TextEncoder().encode('little'), ...files, ...more },
    { level },
  );
}

/** @param system the computer that wrote it, and how it stored the counts of numbers; the numbers have their low byte first always */
export function oldFile(
  value: Pickled,
  system: { readonly littleEndian: boolean; readonly countsLittleEndian: boolean } = {
    littleEndian: true,
    countsLittleEndian: true,
  },
): Uint8Array {
  const raw = storages.flatMap(({ count, bytes }) => {
    const stored = new Uint8Array(8);
    new DataView(stored.buffer).setBigInt64(0, BigInt(count), system.countsLittleEndian);
    return [stored, bytes];
  });
  return joined(
    pickle(long(0x1950a86a20f9469cfc6cn)),
    pickle(int(1001)),
    pickle(dict([[text('little_endian'), system.littleEndian ? yes : no]])),
    pickle(value),
    pickle(list(...storages.map((_, key) => text(String(key))))),
    ...raw,
  );
}
