/** The bits of JPEG's scans and the codes in them (ITU-T T.81, sections B.1.1.5 and F.2.2, annex C). */

/** Codes that are looked up at once have at most so many bits; most have. */
const quickBits = 9;

/** A Huffman table of a DHT segment. */
export class HuffmanTable {
  /** By the next bits: length · 256 + symbol of the code that they begin with, or 0 where it is longer. */
  readonly quick = new Uint16Array(1 << quickBits);
  /** By length: one more than the largest code, shifted up to 16 bits; and what is added to a code for its symbol's place. */
  readonly ends = new Int32Array(18);
  readonly offsets = new Int32Array(17);
  readonly symbols: Uint8Array;

  /** @param counts codes of each length from 1 to 16 */
  constructor(counts: Uint8Array, symbols: Uint8Array) {
    this.symbols = symbols;
    let code = 0;
    let place = 0;
    for (let length = 1; length <= 16; length++) {
      const count = counts[length - 1]!;
      this.offsets[length] = place - code;
      if (length <= quickBits)
        for (let k = 0; k < count; k++) {
          const first = (code + k) << (quickBits - length);
          this.quick.fill((length << 8) | symbols[place + k]!, first, first + (1 << (quickBits - length)));
        }
      code += count;
      place += count;
      this.ends[length] = code << (16 - length);
      code <<= 1;
    }
    this.ends[17] = 0x10000;
  }
}

/** Reads bits of a scan up to its next marker; behind that come zeros, of which {@link ScanBits.isOver} tells. */
export class ScanBits {
  /** Of the next byte that is not in `bits`; at a marker it stays. */
  position: number;
  private readonly bytes: Uint8Array;
  private bits = 0;
  private count = 0;
  /** Bits of `count` that are not in the file. */
  private padding = 0;

  constructor(bytes: Uint8Array, position: number) {
    this.bytes = bytes;
    this.position = position;
  }

  /** Whether more bits were taken than there are. */
  get isOver(): boolean {
    return this.count < this.padding;
  }

  /** Whole bytes that are left before the marker, unless they all are zeros or ones: some cameras fill up with those. */
  left(): number {
    let count = 0;
    let matters = false;
    for (let bits = this.count - (this.count % 8); bits > this.padding; bits -= 8) {
      const byte = (this.bits >>> (bits - 8)) & 0xff;
      count++;
      matters ||= byte !== 0 && byte !== 0xff;
    }
    const { bytes } = this;
    for (let i = this.position; i < bytes.length; i++, count++) {
      if (bytes[i] === 0xff && bytes[i + 1] !== 0) break;
      matters ||= bytes[i] !== 0 && bytes[i] !== 0xff;
    }
    return matters ? count : 0;
  }

  /** Goes on behind a marker. */
  begin(position: number): void {
    this.position = position;
    this.bits = this.count = this.padding = 0;
  }

  /** At most 16 bits as a number. */
  take(count: number): number {
    if (count === 0) return 0;
    if (this.count < count) this.fill();
    this.count -= count;
    return (this.bits >>> this.count) & ((1 << count) - 1);
  }

  /** The symbol of the next code, or -1 where there is no such code. */
  symbol(table: HuffmanTable): number {
    if (this.count < 16) this.fill();
    const known = table.quick[(this.bits >>> (this.count - quickBits)) & ((1 << quickBits) - 1)]!;
    if (known !== 0) {
      this.count -= known >> 8;
      return known & 0xff;
    }
    const next = (this.bits >>> (this.count - 16)) & 0xffff;
    let length = quickBits + 1;
    while (next >= table.ends[length]!) length++;
    if (length > 16) return -1;
    this.count -= length;
    return table.symbols[(next >> (16 - length)) + table.offsets[length]!] ?? -1;
  }

  private fill(): void {
    const { bytes } = this;
    while (this.count <= 24) {
      let byte = 0;
      const next = bytes[this.position];
      if (next === undefined || (next === 0xff && bytes[this.position + 1] !== 0)) this.padding += 8;
      else {
        byte = next;
        this.position += next === 0xff ? 2 : 1;
      }
      this.bits = (this.bits << 8) | byte;
      this.count += 8;
    }
  }
}
