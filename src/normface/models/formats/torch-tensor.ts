/** Tensors of PyTorch in the words of its pickles: storages of numbers, and views of them (torch/_utils.py, torch/storage.py). */

import type { UserError } from '../../../common/errors.ts';
import { type NumberType, numbersOf, numberTypes } from './number-types.ts';
import { refusal } from './refusal.ts';

/** A class of storages, or a type of numbers. */
export class TorchType {
  readonly type: NumberType;

  constructor(type: NumberType) {
    this.type = type;
  }
}

/** A flat list of numbers, which lies elsewhere in the file. */
export class TorchStorage {
  readonly key: string;
  /** How many numbers of `type` it says it has. */
  readonly count: number;
  readonly type: NumberType;

  constructor(key: string, type: NumberType, count: number) {
    this.key = key;
    this.type = type;
    this.count = count;
  }

  get byteLength(): number {
    return this.count * numberTypes[this.type];
  }
}

/** A view of a storage: the element at i lies at offset + Σ i·stride. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly type: NumberType;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  /** @throws UserError when it reaches beyond its storage, or has more numbers than that */
  constructor(
    storage: unknown,
    offset: unknown,
    shape: unknown,
    strides: unknown,
    source: string,
    type?: NumberType,
  ) {
    if (!(storage instanceof TorchStorage)) throw damaged(source, 'a tensor has no storage');
    if (!isCounts(shape) || !isCounts(strides) || shape.length !== strides.length || !isCounts([offset]))
      throw damaged(source, `a tensor of storage ${storage.key} has no shape and strides`);
    const first = offset as number;
    const count = shape.reduce((product, extent) => product * extent, 1);
    const last = shape.reduce((at, extent, i) => at + (extent - 1) * strides[i]!, first);
    this.type = type ?? storage.type;
    const available = Math.floor(storage.byteLength / numberTypes[this.type]);
    if (count > 0 && (last >= available || count > available))
      throw damaged(
        source,
        `a tensor [${shape.join(', ')}] with strides [${strides.join(', ')}] reaches beyond its storage ${storage.key} of ${available} numbers`,
      );
    this.storage = storage;
    this.offset = first;
    this.shape = shape;
    this.strides = strides;
  }

  /** Its numbers row by row, from the bytes of its storage. */
  values(bytes: Uint8Array, littleEndian: boolean): Float32Array {
    const { shape, strides, offset } = this;
    const count = shape.reduce((product, extent) => product * extent, 1);
    const numbers = numbersOf(bytes, this.type, littleEndian);
    const values = new Float32Array(count);
    const index = new Array<number>(shape.length).fill(0);
    let at = offset;
    for (let i = 0; i < count; i++) {
      values[i] = numbers(at);
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        at += strides[axis]!;
        if (++index[axis]! < shape[axis]!) break;
        at -= shape[axis]! * strides[axis]!;
        index[axis] = 0;
      }
    }
    return values;
  }
}

function damaged(source: string, reason: string): UserError {
  return refusal(`${source} is damaged: ${reason}`);
}

/** Axes of a tensor; PyTorch's own limit is 64. */
const mostAxes = 64;

function isCounts(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= mostAxes &&
    value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0)
  );
}
