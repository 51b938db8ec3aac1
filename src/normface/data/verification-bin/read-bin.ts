/**
 * Verification sets as insightface packs them (`lfw2pack.py`, `build_eval_pack.py`): a pickle of the tuple
 * (images, whether the two of each pair are one person), where images 2i and 2i + 1 make pair i.
 */

import { UserError } from '../../../common/errors.ts';
import { readPickle } from '../../models/formats/pickle.ts';

/** Two encoded images for each pair, mostly views of the file's bytes. */
export interface VerificationBin {
  readonly images: readonly Uint8Array[];
  readonly same: readonly boolean[];
}

/** A dtype of numpy, by the letters of its kind and size: `u1` bytes, `b1` booleans. */
class NumpyType {
  readonly code: string;

  constructor(code: string) {
    this.code = code;
  }
}

/** An array of numpy; its state comes after it is made. */
class NumpyArray {
  shape: readonly number[] = [];
  type = '';
  bytes = new Uint8Array() as Uint8Array;
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;

/**
 * Reads a verification set of any pickle protocol: images as Python's bytes, as text of Python 2, as text that stands for bytes
 * (protocol 2 of Python 3), or as arrays of numpy. Of Python's functions it knows the six that these need; none is executed.
 * @param source what sentences call the file
 * @throws UserError when the file is damaged, holds something else, or asks for any other function
 */
export function readVerificationBin(bytes: Uint8Array, source: string): VerificationBin {
  const refuse = (reason: string): never => {
    throw new UserError(`${source} is no verification set of insightface: ${reason}`);
  };
  const functions = numpyFunctions(bytes.length, refuse);
  const { value } = readPickle(bytes, {
    source,
    python2Text: 'bytes',
    // numpy 2 has renamed its inner module.
    global: (module, name) => functions[`${module.replace(/^numpy\._core\./, 'numpy.core.')}.${name}`],
    build: (object, state) => giveState(object, state, refuse),
  });
  if (!Array.isArray(value) || value.length !== 2) return refuse('it holds no pair of lists');
  const [bins, verdicts] = value as [unknown, unknown];
  if (!Array.isArray(bins)) return refuse('its first part is no list of images');
  const same = sameOf(verdicts, refuse);
  if (same.length === 0) refuse('it holds no pairs');
  if (bins.length !== 2 * same.length)
    refuse(`it has ${bins.length} images for ${same.length} pairs; each pair needs two`);
  return { images: bins.map((bin, i) => imageBytes(bin, i, refuse)), same };
}

type Refuse = (reason: string) => never;

/** What stands for the functions of Python that these files call. */
function numpyFunctions(fileBytes: number, refuse: Refuse): Record<string, unknown> {
  const ndarray = Symbol('ndarray');
  let encoded = 0;
  return {
    '_codecs.encode': (text: unknown, encoding: unknown) => {
      const name = isBytes(encoding) ? latin1(encoding) : encoding;
      if (typeof text !== 'string' || name !== 'latin1')
        return refuse('it encodes text otherwise than as latin1');
      // The same text may be named any number of times.
      encoded += text.length;
      if (encoded > fileBytes) refuse('its text would become more bytes than the file has');
      const bytes = new Uint8Array(text.length);
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        if (code > 0xff) refuse('a text that stands for bytes holds other characters');
        bytes[i] = code;
      }
      return bytes;
    },
    'numpy.ndarray': ndarray,
    'numpy.dtype': (code: unknown) => {
      const text = isBytes(code) ? latin1(code.subarray(0, 8)) : code;
      return new NumpyType(typeof text === 'string' ? text.replace(/^[|<>=]/, '') : '');
    },
    'numpy.core.multiarray._reconstruct': (type: unknown) =>
      type === ndarray ? new NumpyArray() : refuse('it makes an array of an unknown type'),
    'numpy.core.numeric._frombuffer': (buffer: unknown, type: unknown, shape: unknown) => {
      const array = new NumpyArray();
      giveState(array, [1, shape, type, false, buffer], refuse);
      return array;
    },
    'numpy.core.multiarray.scalar': (type: unknown, value: unknown) => {
      if (!(type instanceof NumpyType) || type.code !== 'b1' || !isBytes(value) || value.length !== 1)
        return refuse('it holds a number of numpy that is no boolean');
      return value[0] !== 0;
    },
  };
}

/** BUILD: an array gets shape, type and bytes; what a dtype gets (byte order and the like) says nothing of single bytes. */
function giveState(object: unknown, state: unknown, refuse: Refuse): void {
  if (object instanceof NumpyType) return;
  if (!(object instanceof NumpyArray) || !Array.isArray(state))
    refuse('it gives a state to an unknown object');
  const [, shape, type, , bytes] = state as unknown[];
  if (!Array.isArray(shape) || shape.length > 4 || !shape.every((extent) => typeof extent === 'number'))
    refuse('an array has no shape');
  if (!(type instanceof NumpyType) || !isBytes(bytes)) refuse('an array is not of bytes');
  if (shape.reduce((product: number, extent) => product * (extent as number), 1) !== bytes.length)
    refuse(`an array of shape (${shape.join(', ')}) has ${bytes.length} bytes`);
  object.shape = shape as number[];
  object.type = type.code;
  object.bytes = bytes;
}

function imageBytes(bin: unknown, index: number, refuse: Refuse): Uint8Array {
  if (isBytes(bin)) return bin;
  if (bin instanceof NumpyArray && (bin.type === 'u1' || bin.type === 'uint8')) return bin.bytes;
  return refuse(`image ${index} is neither bytes nor an array of bytes`);
}

function sameOf(verdicts: unknown, refuse: Refuse): boolean[] {
  if (verdicts instanceof NumpyArray && verdicts.type === 'b1')
    return Array.from(verdicts.bytes, (byte) => byte !== 0);
  if (!Array.isArray(verdicts)) return refuse('its second part is no list of booleans');
  return verdicts.map((verdict: unknown, pair) => {
    if (typeof verdict === 'boolean') return verdict;
    if (verdict === 0 || verdict === 1) return verdict === 1;
    return refuse(`for pair ${pair} it does not say whether it is one person`);
  });
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 64));
}
