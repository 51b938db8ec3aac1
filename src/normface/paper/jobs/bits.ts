/** Right and wrong decisions of thousands of pairs as a short text: eight in a byte, in base 64. */

export function packBits(bits: ArrayLike<number>): string {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (let i = 0; i < bits.length; i++) if (bits[i]) bytes[i >> 3]! |= 1 << (i & 7);
  return btoa(String.fromCharCode(...bytes));
}

/** @param count bits that were packed */
export function unpackBits(text: string, count: number): Uint8Array {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return Uint8Array.from({ length: count }, (_, i) => (bytes[i >> 3]! >> (i & 7)) & 1);
}
