/**
 * Sums of numbers in 16 bits over the ranks, which send half of what float32 takes. MPI knows no such type, so each rank gets the same
 * part of all ranks' arrays as bytes, adds it up in float32 in the order of the ranks, and sends its rounded sums to all: the two halves of
 * a ring (Rabenseifner, "Optimization of collective reduction operations", ICCS 2004), with the same bits on all ranks every time.
 */

import { float16, float16Bits } from '../../common/float16.ts';
import type { Communicator } from './communicator.ts';

/**
 * In place on all ranks: the sums over the ranks, rounded to the nearest number of 16 bits.
 *
 * @param halves numbers by their bits (IEEE 754 binary16), as many on all ranks
 * @returns how many of the sums are infinite or not a number, the same on all ranks: a number of a rank, or a sum, was beyond 65504
 */
export async function allReduceHalf(communicator: Communicator, halves: Uint16Array): Promise<number> {
  const { size } = communicator;
  const length = Math.ceil(halves.length / size);
  const send = new Uint16Array(length * size);
  send.set(halves);
  const received = new Uint16Array(length * size);
  await communicator.allToAll(bytesOf(send), bytesOf(received));

  const numbers = float16Numbers();
  const sums = new Float32Array(length);
  for (let rank = 0; rank < size; rank++) {
    const first = rank * length;
    for (let i = 0; i < length; i++) {
      const value = numbers[received[first + i]!]!;
      sums[i] = rank === 0 ? value : sums[i]! + value;
    }
  }
  const part = new Uint16Array(length);
  toHalves(sums, part);
  await communicator.allGather(bytesOf(part), bytesOf(send));
  halves.set(send.subarray(0, halves.length));
  // The exponent of infinities and of what is not a number has all bits set.
  return halves.reduce((count, bits) => count + Number((bits & 0x7c00) === 0x7c00), 0);
}

/**
 * The same for float32, which are rounded before they are sent.
 *
 * @returns how many of the sums are infinite or not a number
 */
export async function allReduceAsHalf(communicator: Communicator, values: Float32Array): Promise<number> {
  const halves = new Uint16Array(values.length);
  toHalves(values, halves);
  const notFinite = await allReduceHalf(communicator, halves);
  const numbers = float16Numbers();
  for (let i = 0; i < values.length; i++) values[i] = numbers[halves[i]!]!;
  return notFinite;
}

function toHalves(values: Float32Array, halves: Uint16Array): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < words.length; i++) halves[i] = float16Bits(words[i]!);
}

let table: Float32Array | null = null;

/** All of them by their bits: 256 KiB, made when it is first wanted. */
function float16Numbers(): Float32Array {
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => float16(bits));
  return table;
}

function bytesOf(halves: Uint16Array): Uint8Array {
  return new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength);
}
