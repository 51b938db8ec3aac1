import { inflateSync } from 'node:zlib';
import { UserError } from '../../../common/errors.ts';

/** A variable of a MATLAB file; elements are in MATLAB's order, the first index running fastest. */
export type MatlabArray =
  | { readonly kind: 'numeric'; readonly dimensions: readonly number[]; readonly values: Float64Array }
  | { readonly kind: 'text'; readonly dimensions: readonly number[]; readonly text: string }
  | { readonly kind: 'cell'; readonly dimensions: readonly number[]; readonly cells: readonly MatlabArray[] }
  /** Structures, objects, sparse and complex arrays: nothing here needs them. */
  | { readonly kind: 'other'; readonly dimensions: readonly number[] };

// Data types of elements and classes of arrays ("MAT-File Format", MathWorks, level 5).
const miMatrix = 14;
const miCompressed = 15;
const mxCell = 1;
const mxChar = 4;
const mxFirstNumeric = 6;
const mxLastNumeric = 15;
const complexFlag = 0x08;

/**
 * What a file may become: a damaged one must not fill the memory. The divisions of BLUFR unpack to 1.6 MB and 13,291 arrays; an
 * array costs some hundred bytes however empty it is, and a number eight, however few the file keeps it in.
 */
const most = { bytes: 2 ** 26, arrays: 2 ** 18, depth: 16, letters: 2 ** 20 };

/** How much of {@link most} a file has used up. */
interface Budget {
  bytes: number;
  arrays: number;
}

/** How numbers of each data type are read. */
const numberTypes: Record<
  number,
  { bytes: number; read: (view: DataView, at: number, little: boolean) => number }
> = {
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 1, read: (view, at) => view.getUint8(at) },
  3: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  4: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  5: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  6: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  7: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  9: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  12: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  13: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  16: { bytes: 1, read: (view, at) => view.getUint8(at) },
  17: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  18: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
};

/**
 * The variables of a MATLAB file of level 5 (`save` since version 5, up to `-v7`), by name; numeric, text and cell arrays, compressed
 * or not, of either byte order. @throws UserError when it is another file or damaged
 */
export function parseMatlab(bytes: Uint8Array, name: string): Map<string, MatlabArray> {
  const order = new TextDecoder('latin1').decode(bytes.subarray(126, 128));
  if (bytes.length < 128 || (order !== 'IM' && order !== 'MI')) {
    throw new UserError(`${name} is not a MATLAB file of level 5 (save it with -v7)`);
  }
  const reader = new Reader(bytes.subarray(128), order === 'IM');
  const variables = new Map<string, MatlabArray>();
  const budget: Budget = { ...most };
  try {
    while (!reader.atEnd) {
      const element = reader.next();
      const inner = element.type === miCompressed ? decompress(element, budget) : element;
      if (inner.type !== miMatrix) continue;
      const { variable, array } = parseArray(inner, budget);
      variables.set(variable, array);
    }
  } catch (error) {
    throw new UserError(`${name} is damaged: ${error instanceof Error ? error.message : error}`);
  }
  return variables;
}

/** A data element: its type and its content. */
interface Element {
  readonly type: number;
  readonly content: Uint8Array;
  readonly little: boolean;
}

/** Reads data elements one after the other. */
class Reader {
  private at = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly little: boolean;

  constructor(bytes: Uint8Array, little: boolean) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.little = little;
  }

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  next(): Element {
    const { little } = this;
    if (this.at + 8 > this.bytes.length) throw new Error('it ends inside an element');
    const word = this.view.getUint32(this.at, little);
    // Content of up to four bytes lies in the tag: size in the upper half of the first word, content in the second word.
    const small = word >>> 16;
    const type = word & 0xffff;
    const size = small || this.view.getUint32(this.at + 4, little);
    const start = this.at + (small ? 4 : 8);
    if (small > 4 || start + size > this.bytes.length) throw new Error('it ends inside an element');
    // Elements begin at multiples of eight bytes, except after compressed ones.
    this.at = small ? this.at + 8 : type === miCompressed ? start + size : start + Math.ceil(size / 8) * 8;
    return { type, content: this.bytes.subarray(start, start + size), little };
  }
}

function decompress({ content, little }: Element, budget: Budget): Element {
  let inflated: Uint8Array;
  try {
    inflated = inflateSync(content, { maxOutputLength: Math.max(1, budget.bytes) });
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLarge ? tooLarge() : error;
  }
  budget.bytes -= inflated.length;
  return new Reader(inflated, little).next();
}

/** Takes the bytes of so many numbers from the budget. @returns their count @throws Error when they are too many */
function spend(count: number, budget: Budget): number {
  budget.bytes -= 8 * count;
  if (budget.bytes < 0) throw tooLarge();
  return count;
}

function tooLarge(): Error {
  return new Error(`it unpacks to more than ${most.bytes} bytes`);
}

function numbersOf({ type, content, little }: Element, budget: Budget): Float64Array {
  const format = numberTypes[type];
  if (!format) throw new Error(`it holds numbers of the unknown type ${type}`);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const { bytes, read } = format;
  const values = new Float64Array(spend(Math.floor(content.length / bytes), budget));
  for (let k = 0; k < values.length; k++) values[k] = read(view, k * bytes, little);
  return values;
}

/** Text of UTF-16 codes, some thousand at a time: more arguments than that have no room on the stack. */
function textOf(codes: Float64Array): string {
  let text = '';
  for (let at = 0; at < codes.length; at += 4096)
    text += String.fromCharCode(...codes.subarray(at, at + 4096));
  return text;
}

/** An array: flags with its class, dimensions, name, then what the class asks for. */
function parseArray(
  { content, little }: Element,
  budget: Budget,
  depth = 0,
): { variable: string; array: MatlabArray } {
  if (--budget.arrays < 0) throw new Error(`it holds more than ${most.arrays} arrays`);
  if (depth > most.depth) throw new Error(`its cells are nested deeper than ${most.depth} levels`);
  const parts = new Reader(content, little);
  // An empty cell is an array without content.
  if (parts.atEnd)
    return { variable: '', array: { kind: 'numeric', dimensions: [0, 0], values: new Float64Array() } };
  const [flags] = numbersOf(parts.next(), budget);
  const dimensions = Array.from(numbersOf(parts.next(), budget));
  const variable = new TextDecoder().decode(parts.next().content);
  const arrayClass = flags! & 0xff;
  const count = dimensions.reduce((product, extent) => product * extent, 1);
  if (arrayClass === mxCell) {
    if (count > content.length / 8) throw new Error(`"${variable}" has fewer than its ${count} cells`);
    const cells = Array.from({ length: count }, () => parseArray(parts.next(), budget, depth + 1).array);
    return { variable, array: { kind: 'cell', dimensions, cells } };
  }
  const isText = arrayClass === mxChar;
  const isNumeric =
    arrayClass >= mxFirstNumeric && arrayClass <= mxLastNumeric && ((flags! >> 8) & complexFlag) === 0;
  if (!isText && !isNumeric) return { variable, array: { kind: 'other', dimensions } };
  if (isText && count > most.letters) throw new Error(`"${variable}" has more than ${most.letters} letters`);
  const values = numbersOf(parts.next(), budget);
  if (values.length !== count)
    throw new Error(`"${variable}" has ${values.length} elements in place of ${count}`);
  if (isText) {
    return {
      variable,
      array: {
        kind: 'text',
        dimensions,
        text: textOf(values),
      },
    };
  }
  return { variable, array: { kind: 'numeric', dimensions, values } };
}
