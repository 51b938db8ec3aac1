/**
 * RecordIO, the container in which MXNet keeps images (`include/dmlc/recordio.h` of dmlc-core), and what stands before each image
 * (`image_recordio.h` and `recordio.py` of MXNet). All numbers are little-endian:
 *
 *     frame   = magic u32 | part << 29 | length as u32 | `length` bytes | zeros up to a multiple of 4
 *     part    = 0 whole record, 1 its first part, 2 one in the middle, 3 its last
 *     payload = flag u32 | label f32 | id u64 | id2 u64 | `flag` labels f32 | the encoded image
 *
 * So that the magic number is found nowhere but where frames begin, a record that holds it at a multiple of 4 is cut there into
 * parts: whoever joins them puts the 4 bytes back between them.
 */

export const recordMagic = 0xced7230a;
/** The magic number as bytes of a file. */
export const recordMagicBytes = Uint8Array.of(0x0a, 0x23, 0xd7, 0xce);
/** Bytes of a frame before its content. */
export const frameHead = 8;
/** Bytes of a payload before its list of labels. */
export const imageHead = 24;
/** A length has 29 bits. */
const mostFrameLength = 2 ** 29 - 1;

export const part = { whole: 0, first: 1, middle: 2, last: 3 } as const;

/** What the 8 bytes of a frame say, or undefined when they do not begin with the magic number. */
export function parseFrame(view: DataView, at: number): { part: number; length: number } | undefined {
  if (view.getUint32(at, true) !== recordMagic) return undefined;
  const word = view.getUint32(at + 4, true);
  return { part: word >>> 29, length: word & mostFrameLength };
}

/** Bytes that a content of a frame takes in the file. */
export function paddedLength(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** A payload of one label and an image. @param id number of the image; insightface and im2rec give it the key of the index */
export function imagePayload(label: number, id: number, image: Uint8Array): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(imageHead + image.length);
  const view = new DataView(payload.buffer);
  view.setFloat32(4, label, true);
  view.setBigUint64(8, BigInt(id), true);
  payload.set(image, imageHead);
  return payload;
}

/** A payload without an image and with two labels: a range of keys from the first up to, not including, the second. */
export function rangePayload(first: number, end: number, id: number): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(imageHead + 8);
  const view = new DataView(payload.buffer);
  view.setUint32(0, 2, true);
  view.setBigUint64(8, BigInt(id), true);
  view.setFloat32(imageHead, first, true);
  view.setFloat32(imageHead + 4, end, true);
  return payload;
}

/** The frames of one record. @throws RangeError when it is longer than a frame can say */
export function encodeRecord(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  if (payload.length > mostFrameLength)
    throw new RangeError(`a record of ${payload.length} bytes is longer than 2²⁹ − 1`);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const cuts: number[] = [];
  for (let at = 0; at + 4 <= payload.length; at += 4)
    if (view.getUint32(at, true) === recordMagic) cuts.push(at);
  const starts = [0, ...cuts.map((cut) => cut + 4)];
  const lengths = starts.map((start, i) => (cuts[i] ?? payload.length) - start);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + frameHead + paddedLength(length), 0));
  const written = new DataView(bytes.buffer);
  let at = 0;
  starts.forEach((start, i) => {
    const kind =
      cuts.length === 0 ? part.whole : i === 0 ? part.first : i < cuts.length ? part.middle : part.last;
    const length = lengths[i]!;
    written.setUint32(at, recordMagic, true);
    written.setUint32(at + 4, ((kind << 29) | length) >>> 0, true);
    bytes.set(payload.subarray(start, start + length), at + frameHead);
    at += frameHead + paddedLength(length);
  });
  return bytes;
}
