import { UserError } from '../../../common/errors.ts';
import { refusal } from './refusal.ts';

/** Lines of a pickle hold a number or a name. */
const longestLine = 4096;
/** Bytes of the longest integer; PyTorch's magic number has ten. */
const longestInteger = 256;

/** The arguments of a pickle's opcodes, each checked against the end of the file before anything is made of it. */
export class PickleInput {
  /** The byte that is read next. */
  at: number;
  private opcodeAt: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly source: string;

  constructor(bytes: Uint8Array, start: number, source: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
    this.opcodeAt = start;
    this.source = source;
  }

  /** An opcode begins here; sentences name its offset. */
  begin(): void {
    this.opcodeAt = this.at;
  }

  error(reason: string): UserError {
    return refusal(`${this.source}: the pickle at byte ${this.opcodeAt}: ${reason}`);
  }

  /** Checks that `length` more bytes are there. */
  within(length: number): void {
    if (length < 0) throw this.error(`it has a length of ${length}`);
    const left = this.bytes.length - this.at;
    if (length > left)
      throw this.error(
        length === 1 ? 'the file ends here' : `it needs ${length} bytes, but the file ends after ${left}`,
      );
  }

  /** The next bytes, a view. */
  take(length: number): Uint8Array {
    this.within(length);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  u8(): number {
    this.within(1);
    return this.bytes[this.at++]!;
  }

  u16(): number {
    this.within(2);
    this.at += 2;
    return this.view.getUint16(this.at - 2, true);
  }

  u32(): number {
    this.within(4);
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  i32(): number {
    this.within(4);
    this.at += 4;
    return this.view.getInt32(this.at - 4, true);
  }

  /** Beyond 2⁵³ it is inexact, and longer than any file. */
  u64(): number {
    this.within(8);
    this.at += 8;
    return Number(this.view.getBigUint64(this.at - 8, true));
  }

  /** BINFLOAT is the one number of pickles with the high byte first. */
  f64(): number {
    this.within(8);
    this.at += 8;
    return this.view.getFloat64(this.at - 8);
  }

  utf8(length: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.take(length));
    } catch (error) {
      throw error instanceof UserError ? error : this.error('its text is not UTF-8');
    }
  }

  /** Up to the end of the line, which is taken away. */
  line(): string {
    return latin1(this.lineBytes());
  }

  private lineBytes(): Uint8Array {
    const end = this.bytes.subarray(this.at, this.at + longestLine + 1).indexOf(0x0a);
    if (end < 0)
      throw this.error(
        this.bytes.length - this.at > longestLine
          ? `a line is longer than ${longestLine} bytes`
          : 'the file ends within a line',
      );
    const line = this.take(end);
    this.at++;
    return line;
  }

  /** A decimal integer. */
  integer(text: string): number | bigint {
    if (!/^[+-]?[0-9]{1,300}$/.test(text)) throw this.error('its integer is no number');
    return narrow(BigInt(text));
  }

  float(text: string): number {
    if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
    if (/^[+-]?nan$/i.test(text)) return NaN;
    if (!/^[+-]?[0-9.]+(e[+-]?[0-9]+)?$/i.test(text) || Number.isNaN(Number(text)))
      throw this.error('its number is none');
    return Number(text);
  }

  /** An integer in two's complement, low byte first. */
  long(length: number): number | bigint {
    if (length > longestInteger) throw this.error(`it has an integer of ${length} bytes`);
    const bytes = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    return narrow(BigInt.asIntN(8 * length, value));
  }

  /** Text with `\uXXXX` for what is not Latin-1. */
  unicodeLine(): string {
    return this.line().replace(/\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/gi, (_, short?: string, long?: string) => {
      const point = Number.parseInt((short ?? long)!, 16);
      if (point > 0x10ffff) throw this.error('its text has a character that does not exist');
      return String.fromCodePoint(point);
    });
  }

  /** Bytes as Python 2 prints them: in quotes, with escapes. */
  quotedLine(): Uint8Array {
    const line = this.line();
    const inner = /^(['"])(.*)\1$/s.exec(line)?.[2];
    if (inner === undefined) throw this.error('its text has no quotes');
    const text = inner.replace(/\\(x[0-9a-f]{2}|[0-7]{1,3}|.)/gis, (_, sequence: string) => {
      if (/^x./i.test(sequence)) return String.fromCharCode(Number.parseInt(sequence.slice(1), 16));
      if (/^[0-7]/.test(sequence)) return String.fromCharCode(Number.parseInt(sequence, 8) & 0xff);
      return (
        escapes[sequence] ??
        (sequence === '\\' || sequence === "'" || sequence === '"' ? sequence : `\\${sequence}`)
      );
    });
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
  }
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** Each byte a character. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
