/**
 * Reads event files as TensorBoard does, written from the formats alone: TFRecord framing, the wire format of Protocol Buffers, and the
 * CRC-32C by division, bit after bit, of the polynomial as it is published.
 */

/** x³² + x²⁸ + x²⁷ + x²⁶ + x²⁵ + x²³ + x²² + x²⁰ + x¹⁹ + x¹⁸ + x¹⁴ + x¹³ + x¹¹ + x¹⁰ + x⁹ + x⁸ + x⁶ + 1 without its first term. */
const polynomial = 0x1edc6f41n;

/** Reverses the order of bits. */
function reversed(value: bigint, bits: number): bigint {
  let result = 0n;
  for (let k = 0; k < bits; k++) result |= ((value >> BigInt(k)) & 1n) << BigInt(bits - 1 - k);
  return result;
}

/** CRC-32C: highest bit first, each byte reflected, the remainder reflected and inverted in the end. */
export function dividedCrc32c(bytes: Uint8Array): number {
  let remainder = 0xffffffffn;
  for (const byte of bytes) {
    remainder ^= reversed(BigInt(byte), 8) << 24n;
    for (let bit = 0; bit < 8; bit++) {
      const carries = (remainder & 0x80000000n) !== 0n;
      remainder = (remainder << 1n) & 0xffffffffn;
      if (carries) remainder ^= polynomial;
    }
  }
  return Number(reversed(remainder, 32) ^ 0xffffffffn);
}

function unmasked(stored: number): number {
  const rotated = (stored - 0xa282ead8) >>> 0;
  return ((rotated << 15) | (rotated >>> 17)) >>> 0;
}

/** The records of a file up to a damaged or incomplete one, and what is wrong with that. */
export function readRecords(file: Uint8Array): { records: Uint8Array[]; fault: string | null } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Uint8Array[] = [];
  for (let at = 0; at < file.length; ) {
    if (file.length - at < 12) return { records, fault: 'cut off in a length' };
    const length = Number(view.getBigUint64(at, true));
    if (dividedCrc32c(file.subarray(at, at + 8)) !== unmasked(view.getUint32(at + 8, true)))
      return { records, fault: 'checksum of a length' };
    if (file.length - at < 12 + length + 4) return { records, fault: 'cut off in a record' };
    const data = file.subarray(at + 12, at + 12 + length);
    if (dividedCrc32c(data) !== unmasked(view.getUint32(at + 12 + length, true)))
      return { records, fault: 'checksum of a record' };
    records.push(data);
    at += 12 + length + 4;
  }
  return { records, fault: null };
}

/** A message: the values of each field in their order; numbers of 32 and 64 bits as their bytes. */
export type Message = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>;

export function readMessage(bytes: Uint8Array): Message {
  const fields = new Map<number, (bigint | Uint8Array)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('the message ends within a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error('the message ends within a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const type = Number(key & 7n);
    const sizes: Readonly<Record<number, () => bigint | Uint8Array>> = {
      0: varint,
      1: () => take(8),
      2: () => take(Number(varint())),
      5: () => take(4),
    };
    const read = sizes[type];
    if (!read) throw new Error(`there is no wire type ${type}`);
    const field = Number(key >> 3n);
    fields.set(field, [...(fields.get(field) ?? []), read()]);
  }
  return fields;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const bytesAt = (message: Message, field: number) =>
  (message.get(field)?.[0] ?? new Uint8Array()) as Uint8Array;
export const inner = (message: Message, field: number) => readMessage(bytesAt(message, field));
export const textAt = (message: Message, field: number) => new TextDecoder().decode(bytesAt(message, field));
export const doubleAt = (message: Message, field: number) =>
  viewOf(bytesAt(message, field)).getFloat64(0, true);
export const floatAt = (message: Message, field: number) =>
  viewOf(bytesAt(message, field)).getFloat32(0, true);
export const numberAt = (message: Message, field: number) => Number(message.get(field)?.[0] ?? 0n);

/** An event with the fields of `event.proto` and `summary.proto` that are used here. */
export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly version: string | null;
  readonly isStart: boolean;
  readonly scalars: Readonly<Record<string, number>>;
  readonly texts: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string | number | boolean>> | null;
}

export function readEvent(record: Uint8Array): ReadEvent {
  const event = readMessage(record);
  const scalars: Record<string, number> = {};
  const texts: Record<string, string> = {};
  let settings: Record<string, string | number | boolean> | null = null;
  const values = event.has(5) ? (inner(event, 5).get(1) ?? []) : [];
  for (const bytes of values) {
    const value = readMessage(bytes as Uint8Array);
    const tag = textAt(value, 1);
    if (value.has(2)) scalars[tag] = floatAt(value, 2);
    if (!value.has(9)) continue;
    const plugin = inner(inner(value, 9), 1);
    const tensor = inner(value, 8);
    if (textAt(plugin, 1) === 'text' && numberAt(tensor, 1) === 7) texts[tag] = textAt(tensor, 8);
    if (textAt(plugin, 1) !== 'hparams' || tag !== '_hparams_/session_start_info') continue;
    settings = {};
    for (const pair of inner(inner(plugin, 2), 3).get(1) ?? []) {
      const entry = readMessage(pair as Uint8Array);
      const held = inner(entry, 2);
      if (held.has(2)) settings[textAt(entry, 1)] = doubleAt(held, 2);
      else if (held.has(3)) settings[textAt(entry, 1)] = textAt(held, 3);
      else settings[textAt(entry, 1)] = numberAt(held, 4) === 1;
    }
  }
  return {
    wallTime: doubleAt(event, 1),
    step: numberAt(event, 2),
    version: event.has(3) ? textAt(event, 3) : null,
    isStart: event.has(7) && numberAt(inner(event, 7), 1) === 1,
    scalars,
    texts,
    settings,
  };
}

/**
 * The curves that TensorBoard shows of a folder: files in the order of their names; a beginning other than the first one makes void
 * what has its step or a later one.
 */
export function shownCurves(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]) {
  let points: { tag: string; step: number; value: number }[] = [];
  let hasBegun = false;
  for (const { bytes } of [...files].sort((a, b) => (a.name < b.name ? -1 : 1)))
    for (const event of readRecords(bytes).records.map(readEvent)) {
      if (event.isStart && hasBegun) points = points.filter(({ step }) => step < event.step);
      hasBegun ||= event.isStart;
      for (const [tag, value] of Object.entries(event.scalars)) points.push({ tag, step: event.step, value });
    }
  const curve = (tag: string) =>
    points.filter((point) => point.tag === tag).map(({ step, value }) => [step, value]);
  return { tags: [...new Set(points.map(({ tag }) => tag))], curve };
}
