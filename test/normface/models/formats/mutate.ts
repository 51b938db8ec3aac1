/** Damaged files: seeded mutations of sound ones, for readers that must refuse them in one sentence. */

import { expect } from 'vitest';
import { UserError } from '../../../../src/common/errors.ts';
import { hash32 } from '../../../../src/engine/core/random.ts';

/** What length and count fields are set to. */
const extremes = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

/** The file with one to four damages, which follow from the seed. */
export function mutated(file: Uint8Array, seed: number): Uint8Array {
  let draws = 0;
  const draw = (below: number): number => hash32(seed, draws++) % Math.max(1, below);
  let bytes: Uint8Array = file.slice();
  for (let damage = draw(4); damage >= 0; damage--) {
    const at = draw(bytes.length);
    const length = 1 + draw(16);
    switch (draw(7)) {
      case 0:
        bytes[at] = draw(256);
        break;
      case 1:
        bytes[at]! ^= 1 << draw(8);
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
        break;
      case 4:
        bytes = Uint8Array.from([...bytes.subarray(0, at + length), ...bytes.subarray(at)]);
        break;
      case 5:
        if (at + 4 <= bytes.length)
          new DataView(bytes.buffer).setUint32(at, extremes[draw(extremes.length)]!, draw(2) === 0);
        break;
      default:
        if (at + 8 <= bytes.length)
          new DataView(bytes.buffer).setBigUint64(
            at,
            BigInt(extremes[draw(extremes.length)]!) << BigInt(8 * draw(5)),
            true,
          );
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
  for (let seed = 0; seed < count; seed++) {
    try {
      await read(mutated(files[seed % files.length]!, seed));
    } catch (error) {
      if (!(error instanceof UserError)) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      if (!/^x[^\n]*$/.test(error.message)) expect.fail(`seed ${seed}: ${JSON.stringify(error.message)}`);
      refused++;
    }
  }
  return refused;
}
