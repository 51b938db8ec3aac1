/** TFRecord: how a file holds records one behind the other, each with checksums of its length and of its bytes. */

import { crc32c } from '../../../common/crc32c.ts';

/** Added to a checksum that is stored, since the checksum of bytes that hold their own says little ("masked CRC"). */
const maskDelta = 0xa282ead8;

/** A checksum as TFRecord files store it: rotated to the right by 15 bits, plus a constant. */
function masked(bytes: Uint8Array): number {
  const checksum = crc32c(bytes);
  return (((checksum >>> 15) | (checksum << 17)) + maskDelta) >>> 0;
}

/**
 * The bytes of one record: its length as an unsigned 64-bit number, the masked CRC-32C of these eight bytes, the data, the masked
 * CRC-32C of the data; numbers begin with their lowest byte (TensorFlow, "TFRecord and tf.train.Example", "TFRecords format details").
 */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(12 + data.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return record;
}
