/** The one thing that must be known of a TIFF before it is decoded: what its numbers mean. */

/** TIFF 6.0, sections 8 and 21: tags, and the values that matter here. */
const photometricTag = 262;
const compressionTag = 259;
const yCbCr = 6;
const jpegCompressions = [6, 7];

/**
 * Whether a TIFF stores YCbCr without JPEG's compression. libvips takes such numbers for RGB; inside JPEG data it converts them.
 *
 * @param bytes of a whole file, classic or BigTIFF; other bytes give false
 */
export function isBareYCbCr(bytes: Uint8Array): boolean {
  if (bytes.length < 16) return false;
  const little = bytes[0] === 0x49;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isBig = view.getUint16(2, little) === 43;
  const [countBytes, entryBytes] = isBig ? [8, 20] : [2, 12];
  const first = isBig ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  if (first + countBytes > bytes.length) return false;
  const count = isBig ? Number(view.getBigUint64(first, little)) : view.getUint16(first, little);
  const fieldOf = (tag: number): number | undefined => {
    for (let entry = 0; entry < Math.min(count, 4096); entry++) {
      const at = first + countBytes + entry * entryBytes;
      if (at + entryBytes > bytes.length) return undefined;
      if (view.getUint16(at, little) === tag) return view.getUint16(at + (isBig ? 12 : 8), little);
    }
    return undefined;
  };
  return fieldOf(photometricTag) === yCbCr && !jpegCompressions.includes(fieldOf(compressionTag) ?? 1);
}
