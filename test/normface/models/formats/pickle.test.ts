import { expect, test } from 'vitest';
import { UserError } from '../../../../src/common/errors.ts';
import { type PickleOptions, readPickle } from '../../../../src/normface/models/formats/pickle.ts';
import { call, dict, global, int, list, long, pickle, text, tuple } from './pickle-writer.ts';
import { written } from './python-pickles.ts';

const globals: Record<string, (...args: never[]) => unknown> = {
  '_codecs.encode': (value: string) => Uint8Array.from(value, (character) => character.charCodeAt(0)),
  '__builtin__.set': (items: unknown[]) => new Set(items),
  'builtins.set': (items: unknown[]) => new Set(items),
};
const options: PickleOptions = { source: 'x', global: (module, name) => globals[`${module}.${name}`] };
const read = (bytes: Uint8Array, more: Partial<PickleOptions> = {}) =>
  readPickle(bytes, { ...options, ...more }).value;

test.each(written.map((bytes, protocol) => [protocol, bytes] as const))(
  'what Python writes in protocol %d is read',
  (_, bytes) => {
    const value = read(bytes) as Map<string, unknown>;
    expect(value.get('whole')).toEqual([0, 255, 256, -1, 70000, 2 ** 40, -(2n ** 70n)]);
    expect(value.get('other')).toEqual([1.5, Number.POSITIVE_INFINITY, null, true, false]);
    expect(value.get('text')).toBe('é漢');
    expect(new Uint8Array(value.get('bytes') as Uint8Array)).toEqual(Uint8Array.of(0, 255, 10));
    const [first, second] = value.get('shared') as unknown[];
    expect(first).toEqual([7]);
    expect(second).toBe(first);
    expect(value.get('empty')).toEqual([[], [], new Map()]);
    expect(value.get('one')).toEqual([1]);
    expect(value.get('three')).toEqual([1, 2, 3]);
    expect(value.get('set')).toEqual(new Set([5]));
  },
);

test('a pickle may begin anywhere, and tells where it ends', () => {
  const one = pickle(int(-5));
  const bytes = Uint8Array.from([9, 9, ...one, 9]);
  expect(readPickle(bytes, { ...options, start: 2 })).toEqual({ value: -5, end: 2 + one.length });
});

test('text of Python 2 is a string or its bytes', () => {
  const old = Uint8Array.from(
    [..."(U\x02\xe9zS'a\\x00\\'b'\n"].map((c) => c.charCodeAt(0)).concat(0x74, 0x2e),
  );
  expect(read(old)).toEqual(['éz', "a\0'b"]);
  expect(read(old, { python2Text: 'bytes' })).toEqual([
    Uint8Array.of(0xe9, 0x7a),
    Uint8Array.of(97, 0, 39, 98),
  ]);
});

test('a name that is not given is refused, and nothing runs', () => {
  const attack = pickle(call(global('os', 'system'), text('touch /tmp/owned')));
  expect(() => read(attack)).toThrow(
    new UserError(
      'x: the pickle at byte 2: it asks for Python\'s "os.system", which is not read; nothing was executed',
    ),
  );
  const hidden = Uint8Array.from([
    0x80,
    4,
    0x8c,
    8,
    ...ascii('builtins'),
    0x8c,
    4,
    ...ascii('eval'),
    0x93,
    0x2e,
  ]);
  expect(() => read(hidden)).toThrow(/"builtins\.eval", which is not read/);
});

const ascii = (letters: string) => [...letters].map((letter) => letter.charCodeAt(0));
const raw = (letters: string) => Uint8Array.from(ascii(letters));

test.each([
  ['an empty file', raw(''), 'the pickle at byte 0: the file ends here'],
  [
    'a text past the end',
    raw('X\xff\xff\xff\xff'),
    'the pickle at byte 0: it needs 4294967295 bytes, but the file ends after 0',
  ],
  [
    'bytes of 2⁶⁴',
    raw('\x8e\xff\xff\xff\xff\xff\xff\xff\xffab'),
    'it needs 18446744073709552000 bytes, but the file ends after 2',
  ],
  ['a negative length', raw('T\xff\xff\xff\xff'), 'it has a length of -1'],
  ['a line without an end', raw(`I${'1'.repeat(5000)}`), 'a line is longer than 4096 bytes'],
  ['an integer of a gigabyte', raw('\x8b\0\0\0\x40'), 'it has an integer of 1073741824 bytes'],
  ['a memo that is empty', raw('h\x05.'), 'it takes value 5 from its memo, which has none there'],
  ['a stack that is empty', raw('0.'), 'its stack is empty'],
  ['a value below the mark', raw('N(a.'), 'its stack is empty'],
  ['an append to a number', raw('K\x01K\x02a.'), 'it appends to what is no list'],
  ['an entry of a list', raw(']K\x01K\x02s.'), 'it sets an entry of what is no dictionary'],
  ['a key without a value', raw('}(K\x01u.'), 'a key of a dictionary has no value'],
  ['a list that was not begun', raw('l.'), 'it closes a list that was not begun'],
  ['a call of a number', raw('K\x01)R.'), 'it calls what is no function'],
  ['a state', raw('K\x01K\x02b.'), 'it gives an object a state, which is not read'],
  ['an outside object', raw('K\x01Q.'), 'it refers to an object outside of it'],
  ['an extension', raw('\x82\x01.'), '0x82 is no opcode that is read'],
  ['protocol 6', raw('\x80\x06.'), 'it is of protocol 6; 0 to 5 are read'],
  ['text that is no UTF-8', raw('\x8c\x01\xff.'), 'its text is not UTF-8'],
])('%s is refused', (_, bytes, reason) => {
  expect(() => read(bytes)).toThrow(UserError);
  expect(() => read(bytes)).toThrow(reason);
});

test('a bomb of opcodes ends, and deep nesting does not end the stack', () => {
  expect(() => read(raw(']'.repeat(200)), { mostSteps: 100 })).toThrow('it has more than 100 opcodes');
  const deep = Uint8Array.from([
    ...new Uint8Array(100_000).fill(0x5d),
    ...new Uint8Array(99_999).fill(0x61),
    0x2e,
  ]);
  expect(read(deep)).toHaveLength(1);
});

test('what a list holds may be the list', () => {
  const self = read(raw(']q\0h\0a.')) as unknown[];
  expect(self[0]).toBe(self);
});

test('the writer of these tests writes what it says', () => {
  const value = dict([[text('a'), list(tuple(int(1), long(-3n, 2)), text('é'))]]);
  expect(read(pickle(value))).toEqual(new Map([['a', [[1, -3], 'é']]]));
});
