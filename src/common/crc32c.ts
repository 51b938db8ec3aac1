/**
 * CRC-32C, the checksum of records in TFRecord files: polynomial 0x1EDC6F41 (Castagnoli, Bräuer, Herrmann 1993), bits reflected,
 * begun and ended with all bits set, as RFC 3720, appendix B.4 has it. Node's `zlib.crc32` is the CRC of another polynomial.
 */

/** The polynomial with its bits in reverse. */
const reflected = 0x82f63b78;

/** The remainder of every byte. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? reflected : 0);
  return remainder;
});

/** The checksum of bytes, 0 to 2³² − 1. */
export function crc32c(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) remainder = table[(remainder ^ byte) & 0xff]! ^ (remainder >>> 8);
  return (remainder ^ 0xffffffff) >>> 0;
}
