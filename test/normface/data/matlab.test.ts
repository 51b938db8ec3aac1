import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { parseMatlab } from '../../../src/normface/data/protocols/matlab.node.ts';

/** A small writer of the format, for files that no MATLAB is here to write. */
function writer(little: boolean) {
  const u32 = (...values: number[]) => {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [k, value] of values.entries())
      little ? bytes.writeUInt32LE(value, 4 * k) : bytes.writeUInt32BE(value, 4 * k);
    return bytes;
  };
  const element = (type: number, content: Buffer) =>
    Buffer.concat([u32(type, content.length), content, Buffer.alloc((8 - (content.length % 8)) % 8)]);
  /** Up to four bytes in the tag itself. */
  const small = (type: number, content: Buffer) =>
    Buffer.concat([u32((content.length << 16) | type), content, Buffer.alloc(4 - content.length)]);
  const array = (mxClass: number, dimensions: number[], name: string, ...parts: Buffer[]) =>
    element(
      14,
      Buffer.concat([
        element(6, u32(mxClass, 0)),
        element(5, u32(...dimensions)),
        name.length <= 4 ? small(1, Buffer.from(name)) : element(1, Buffer.from(name)),
        ...parts,
      ]),
    );
  const compressed = (inner: Buffer) => {
    const content = deflateSync(inner);
    return Buffer.concat([u32(15, content.length), content]);
  };
  const file = (...elements: Buffer[]) => {
    const header = Buffer.alloc(128, ' ');
    little ? header.writeUInt16LE(0x4d49, 126) : header.writeUInt16BE(0x4d49, 126);
    return Buffer.concat([header, ...elements]);
  };
  const doubles = (...values: number[]) => {
    const bytes = Buffer.alloc(8 * values.length);
    for (const [k, value] of values.entries())
      little ? bytes.writeDoubleLE(value, 8 * k) : bytes.writeDoubleBE(value, 8 * k);
    return bytes;
  };
  const u16 = (...values: number[]) => {
    const bytes = Buffer.alloc(2 * values.length);
    for (const [k, value] of values.entries())
      little ? bytes.writeUInt16LE(value, 2 * k) : bytes.writeUInt16BE(value, 2 * k);
    return bytes;
  };
  return { u32, element, small, array, compressed, file, doubles, u16 };
}

describe.each([
  ['little-endian', true],
  ['big-endian', false],
] as const)('%s files', (_, little) => {
  const { u32, element, small, array, compressed, file, doubles, u16 } = writer(little);
  const matrix = array(6, [2, 3], 'numbers', element(9, doubles(1, 2, 3.5, -4, 0, 1e300)));
  // MATLAB stores doubles that are whole in fewer bytes.
  const whole = array(6, [1, 4], 'few', small(2, Buffer.from([7, 0, 255, 3])));
  const text = (name: string, word: string) =>
    array(4, [1, word.length], name, element(4, u16(...[...word].map((letter) => letter.charCodeAt(0)))));
  const cells = array(
    1,
    [2, 2],
    'cells',
    text('', 'first'),
    text('', 'é!'),
    array(13, [1, 1], '', small(6, u32(9))),
    element(14, Buffer.alloc(0)),
  );

  test('numbers, text and cells, plain and compressed', () => {
    for (const wrap of [(inner: Buffer) => inner, compressed]) {
      const variables = parseMatlab(
        file(...[matrix, whole, text('word', 'hello'), cells].map(wrap)),
        'a.mat',
      );
      expect([...variables.keys()]).toEqual(['numbers', 'few', 'word', 'cells']);
      expect(variables.get('numbers')).toEqual({
        kind: 'numeric',
        dimensions: [2, 3],
        values: Float64Array.of(1, 2, 3.5, -4, 0, 1e300),
      });
      expect(variables.get('few')).toMatchObject({ values: Float64Array.of(7, 0, 255, 3) });
      expect(variables.get('word')).toEqual({ kind: 'text', dimensions: [1, 5], text: 'hello' });
      expect(variables.get('cells')).toMatchObject({
        kind: 'cell',
        dimensions: [2, 2],
        cells: [
          { kind: 'text', text: 'first' },
          { kind: 'text', text: 'é!' },
          { kind: 'numeric', values: Float64Array.of(9) },
          { kind: 'numeric', dimensions: [0, 0] },
        ],
      });
    }
  });

  test('what is not read is passed over', () => {
    const structure = array(2, [1, 1], 'structure', small(5, u32(1)), element(1, Buffer.from('a')));
    const variables = parseMatlab(file(structure, element(2, Buffer.from('other')), whole), 'a.mat');
    expect([...variables].map(([name, { kind }]) => [name, kind])).toEqual([
      ['structure', 'other'],
      ['few', 'numeric'],
    ]);
  });

  test('damaged files are one sentence', () => {
    const good = file(matrix, compressed(cells));
    for (let length = 129; length < good.length; length += 7) {
      let error: unknown;
      try {
        // The first variable may be whole.
        expect([...parseMatlab(good.subarray(0, length), 'a.mat').keys()]).toEqual(['numbers']);
      } catch (caught) {
        error = caught;
      }
      if (error) expect(error).toBeInstanceOf(UserError);
      else expect(length).toBe(128 + matrix.length);
    }
    const wrong = file(array(6, [2, 2], 'wrong', element(9, doubles(1, 2, 3))));
    expect(() => parseMatlab(wrong, 'a.mat')).toThrow(
      'a.mat is damaged: "wrong" has 3 elements in place of 4',
    );
    expect(() => parseMatlab(file(array(6, [1, 1], 'odd', element(99, doubles(1)))), 'a.mat')).toThrow(
      'unknown type 99',
    );
  });
});

test('other files', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('MATLAB 7.3 MAT-file'), Buffer.alloc(500, 'x')]) {
    expect(() => parseMatlab(bytes, 'b.mat')).toThrow('b.mat is not a MATLAB file of level 5');
  }
});
