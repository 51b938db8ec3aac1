/** Operations of a communicator with their arguments, checked, as those that carry them out get them. */

import { checkArgument } from '../core/errors.ts';
import type { Collective, HostArray, Reduction } from './communicator.ts';

export type Call =
  | { readonly operation: 'allReduce'; readonly values: HostArray; readonly reduction: Reduction }
  | {
      readonly operation: 'allGather';
      readonly part: HostArray;
      readonly all: HostArray;
      readonly counts: Int32Array;
    }
  | {
      readonly operation: 'reduceScatter';
      readonly all: HostArray;
      readonly part: HostArray;
      readonly counts: Int32Array;
      readonly reduction: Reduction;
    }
  | { readonly operation: 'broadcast'; readonly values: HostArray; readonly root: number }
  | { readonly operation: 'allToAll'; readonly send: Uint8Array; readonly receive: Uint8Array }
  | { readonly operation: 'barrier' }
  | { readonly operation: 'close' };

export type Operation = Collective | 'close';

/** The call of one operation. */
export type CallOf<O extends Operation> = Extract<Call, { operation: O }>;

/** What must be the same on all ranks, as text: `reduceScatter of 12 numbers (Float32Array) by sum in parts of 3, 4, 5`. */
export function describeCall(call: Call): string {
  switch (call.operation) {
    case 'allReduce':
      return `allReduce of ${numbers(call.values)} by ${call.reduction}`;
    case 'allGather':
      return `allGather of ${numbers(call.all)} in parts of ${call.counts.join(', ')}`;
    case 'reduceScatter':
      return `reduceScatter of ${numbers(call.all)} by ${call.reduction} in parts of ${call.counts.join(', ')}`;
    case 'broadcast':
      return `broadcast of ${numbers(call.values)} from rank ${call.root}`;
    case 'allToAll':
      return `allToAll of ${numbers(call.send)}`;
    default:
      return call.operation;
  }
}

function numbers(values: HostArray): string {
  return `${values.length} numbers (${typeName(values)})`;
}

/** The array that an operation is counted by: that of all ranks. */
export function bytesOf(call: Call): number {
  switch (call.operation) {
    case 'allReduce':
    case 'broadcast':
      return call.values.byteLength;
    case 'allGather':
    case 'reduceScatter':
      return call.all.byteLength;
    case 'allToAll':
      return call.send.byteLength;
    default:
      return 0;
  }
}

const types = [Float32Array, Float64Array, Int32Array, Uint32Array, Uint8Array];

export function typeName(values: HostArray): string {
  return types.find((type) => values instanceof type)?.name ?? typeof values;
}

export function checkArray(operation: Operation, name: string, values: HostArray): void {
  checkArgument(
    types.some((type) => values instanceof type),
    operation,
    () => `${name} must be one of ${types.map((type) => type.name).join(', ')}`,
  );
}

export function checkReduction(operation: Operation, reduction: Reduction): void {
  checkArgument(
    ['sum', 'max', 'min'].includes(reduction),
    operation,
    () => `the reduction must be sum, max or min, not ${reduction}`,
  );
}

/** Checks a rank's part of an array of all ranks. */
export function checkParts(
  operation: Operation,
  { part, all, counts }: { part: HostArray; all: HostArray; counts: Int32Array },
  { rank, size }: { rank: number; size: number },
): void {
  checkArray(operation, 'part', part);
  checkArray(operation, 'all', all);
  const described = () => `part has ${numbers(part)} and all ${numbers(all)}`;
  checkArgument(
    typeName(part) === typeName(all),
    operation,
    () => `${described()}, which must be of one type`,
  );
  checkArgument(
    counts.length === size && counts.every((count) => count >= 0),
    operation,
    () => `counts must have ${size} entries, one a rank, none negative, not ${counts.join(', ') || 'none'}`,
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  checkArgument(
    part.length === counts[rank] && all.length === total,
    operation,
    () => `${described()}, which does not fit parts of ${counts.join(', ')} on rank ${rank}`,
  );
  checkApart(operation, part, all);
}

/** MPI's rule for all communicators (MPI 4.0, section 2.5.1): what is read and what is written must not overlap. */
export function checkApart(operation: Operation, a: HostArray, b: HostArray): void {
  const overlap =
    a.buffer === b.buffer &&
    a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength;
  checkArgument(!overlap, operation, () => 'the two arrays share memory; copy one of them first');
}
