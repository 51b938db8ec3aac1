/** Verification sets of insightface, written piece by piece: an image at a time is in memory. */

/** Opcodes of protocol 3, which every Python 3 reads (module `pickletools` of Python). */
const opcode = {
  proto: [0x80, 3],
  emptyList: [0x5d],
  mark: [0x28],
  appends: [0x65],
  binBytes: 0x42,
  newTrue: 0x88,
  newFalse: 0x89,
  tuple2: [0x86],
  stop: [0x2e],
} as const;

/** Items between MARK and APPENDS, as Python's own pickler writes them. */
const itemsAtOnce = 1000;

/** The beginning of a file, up to the first image. */
export function binStart(): Uint8Array {
  return Uint8Array.from([...opcode.proto, ...opcode.emptyList]);
}

/** Image number `index` of `count`, with the opcodes around it. */
export function binImage(image: Uint8Array, index: number, count: number): Uint8Array[] {
  const head = new Uint8Array(5);
  head[0] = opcode.binBytes;
  new DataView(head.buffer).setUint32(1, image.length, true);
  return [...opening(index), head, image, ...closing(index, count)];
}

/** The verdicts on the pairs, and the end of the file. */
export function binEnd(same: readonly boolean[]): Uint8Array {
  const bytes: number[] = [...opcode.emptyList];
  same.forEach((isSame, index) => {
    for (const part of opening(index)) bytes.push(...part);
    bytes.push(isSame ? opcode.newTrue : opcode.newFalse);
    for (const part of closing(index, same.length)) bytes.push(...part);
  });
  bytes.push(...opcode.tuple2, ...opcode.stop);
  return Uint8Array.from(bytes);
}

function opening(index: number): Uint8Array[] {
  return index % itemsAtOnce === 0 ? [Uint8Array.from(opcode.mark)] : [];
}

function closing(index: number, count: number): Uint8Array[] {
  return (index + 1) % itemsAtOnce === 0 || index + 1 === count ? [Uint8Array.from(opcode.appends)] : [];
}
