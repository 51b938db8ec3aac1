import { hash32 } from '../../../src/engine/core/random.ts';

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
