/** Damaged files: seeded mutations of sound ones, for readers that must refuse them in one sentence. */

import { expect } from 'vitest';
import { UserError } from '../../../../src/common/errors.ts';
import { hash32 } from '../../../../src/engine/core/random.ts';

/** What length and count fields are set to. */
const extremes = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

/** Bytes that a damage may add. */
const longest = 16;

/** The file with one to four damages, which follow from the seed. */
export function mutated(file: Uint8Array, seed: number): Uint8Array {
  let draws = 0;
  const draw = (below: number): number => hash32(seed, draws++) % Math.max(1, below);
  const memory = new Uint8Array(file.length + 4 * longest);
  memory.set(file);
  const view = new DataView(memory.buffer);
  let bytes = memory.subarray(0, file.length);
  for (let damage = draw(4); damage >= 0; damage--) {
    const at = draw(bytes.length);
    const length = 1 + draw(longest);
    switch (draw(7)) {
      case 0:
        bytes[at] = draw(256);
        break;
      case 1:
        bytes[at]! ^= 1 << draw(8);
        break;
      case 2:
        bytes = memory.subarray(0, at);
        break;
      case 3:
        bytes.copyWithin(at, at + length);
        bytes = memory.subarray(0, Math.max(at, bytes.length - length));
        break;
      case 4: {
        const twice = Math.min(length, bytes.length - at);
        memory.copyWithin(at + twice, at, bytes.length);
        bytes = memory.subarray(0, bytes.length + twice);
        break;
      }
      case 5:
        if (at + 4 <= bytes.length) view.setUint32(at, extremes[draw(extremes.length)]!, draw(2) === 0);
        break;
      default:
        if (at + 8 <= bytes.length)
          view.setBigUint64(at, BigInt(extremes[draw(extremes.length)]!) << BigInt(8 * draw(5)), true);
    }
  }
  return bytes;
}

/**
 * Reads `count` damaged versions of the files in turn. Each must be read, or refused by a UserError of one line that begins with `x`.
 * @returns how many were refused
 */
export async function survives(
  files: readonly Uint8Array[],
  count: number,
  read: (bytes: Uint8Array) => unknown,
): Promise<number> {
  let refused = 0;
  // What an error costs most is the list of calls, which nobody reads here.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    for (let seed = 0; seed < count; seed++) {
      try {
        await read(mutated(files[seed % files.length]!, seed));
      } catch (error) {
        if (!(error instanceof UserError))
          throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
        if (!/^x[^\n]*$/.test(error.message)) expect.fail(`seed ${seed}: ${JSON.stringify(error.message)}`);
        refused++;
      }
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return refused;
}
