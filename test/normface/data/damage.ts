import { expect } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { hash32 } from '../../../src/engine/core/random.ts';

/** Damaged files that each reader gets; NORMFACE_FUZZ multiplies the number: 50 makes a million. */
export const inputs = 20_000 * Number(process.env.NORMFACE_FUZZ ?? 1);

/** A copy with a few bytes changed, a stretch left out, doubled or cut off, or numbers made huge. */
export function damaged(bytes: Uint8Array, seed: number): Uint8Array {
  const draw = (stream: number, bound: number): number => hash32(seed, stream, 0) % Math.max(1, bound);
  const at = draw(1, bytes.length);
  const length = draw(2, 16) + 1;
  switch (draw(0, 6)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(at + length)]);
    case 2:
      return Uint8Array.from([...bytes.slice(0, at + length), ...bytes.slice(at)]);
    case 3:
      return bytes.map((byte, i) => (i >= at && i < at + 4 ? 0xff : byte));
    case 4:
      return bytes.map((byte, i) => (i >= at && i < at + length ? hash32(seed, 3, i) & 0xff : byte));
    default:
      return bytes.map((byte, i) => (i === at ? byte ^ (1 << draw(4, 8)) : byte));
  }
}

/** A fault of the program shows as one of the engine's own errors, or as no error at all. */
export const isSentence = (error: unknown): boolean =>
  error instanceof Error &&
  !(error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) &&
  error.message.length > 0;

/** What separates and ends the values of texts, and values that are hardly expected. */
const pieces = [
  ...['\t', '\n', '\r', '\0', ' ', ',', ';', '"', '/', '..', 'é', ''],
  ...['0', '-1', '1e999', 'NaN', '9'.repeat(20)],
].map((piece) => new TextEncoder().encode(piece));

/** A copy with one to three damages, some of them a piece of text in the place of a few bytes. */
function damagedOften(bytes: Uint8Array, seed: number): Uint8Array {
  let result = bytes;
  for (let round = hash32(seed, 10) % 3; round >= 0; round--) {
    const draw = (stream: number) => hash32(seed, stream, round + 1);
    if (draw(11) % 2 === 0) {
      result = damaged(result, draw(12));
      continue;
    }
    const at = draw(13) % Math.max(1, result.length);
    const piece = pieces[draw(14) % pieces.length]!;
    result = Uint8Array.from([...result.subarray(0, at), ...piece, ...result.subarray(at + (draw(15) % 4))]);
  }
  return result;
}

/**
 * Reads {@link inputs} damaged versions of the files in turn, after the sound ones. Each must be read, or refused by a UserError of one
 * line that begins with `x`, the name that the file is to have in sentences.
 */
export async function survives(
  files: readonly Uint8Array[],
  read: (bytes: Uint8Array, seed: number) => unknown,
): Promise<void> {
  for (const file of files) await read(file, 0);
  let refused = 0;
  for (let seed = 0; seed < inputs; seed++) {
    try {
      await read(damagedOften(files[seed % files.length]!, seed), seed);
    } catch (error) {
      if (!(error instanceof UserError)) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      if (!/^x[^\n]*$/.test(error.message)) expect.fail(`seed ${seed}: ${JSON.stringify(error.message)}`);
      refused++;
    }
  }
  // Both happen: a reader that refuses everything would have nothing to go wrong.
  expect(inputs - refused).toBeGreaterThan(inputs / 100);
}
