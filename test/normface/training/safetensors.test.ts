import { expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  type StoredTensor,
} from '../../../src/normface/training/checkpoint/safetensors.ts';

const tensors = new Map<string, StoredTensor>([
  ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 255) }],
  ['weights', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, -0, Number.NaN, Infinity, 1e-45, 5) }],
  ['scalar', { dtype: 'F32', shape: [], data: Float32Array.of(7) }],
  ['none', { dtype: 'F32', shape: [0, 4], data: new Float32Array(0) }],
  ['counts', { dtype: 'I64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 62n) }],
  ['ids', { dtype: 'U32', shape: [1], data: Uint32Array.of(0xffffffff) }],
  ['signed', { dtype: 'I32', shape: [1], data: Int32Array.of(-5) }],
]);

test('everything comes back, bit for bit', () => {
  const file = encodeSafetensors(tensors, { net: 'small', note: 'é "quoted"' });
  const read = decodeSafetensors(file, 'x');
  expect(read.metadata).toEqual({ net: 'small', note: 'é "quoted"' });
  expect([...read.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
  for (const [name, tensor] of tensors) expect(read.tensors.get(name)).toEqual(tensor);
});

test('the layout is the published one', () => {
  const file = encodeSafetensors(new Map([['a', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }]]));
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  expect(length % 8).toBe(0);
  const header = new TextDecoder().decode(file.subarray(8, 8 + length));
  expect(JSON.parse(header)).toEqual({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } });
  expect(header).toMatch(/^\{.*\} *$/);
  expect([...file.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f]);
});

test('tensors start at multiples of their element size', () => {
  const file = encodeSafetensors(tensors);
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  for (const [name, { data }] of tensors)
    expect(header[name].data_offsets[0] % data.BYTES_PER_ELEMENT).toBe(0);
});

test('a file that lies at an odd place in memory is read', () => {
  const file = encodeSafetensors(tensors);
  const moved = new Uint8Array(file.length + 3);
  moved.set(file, 3);
  expect(decodeSafetensors(moved.subarray(3), 'x').tensors.get('weights')).toEqual(tensors.get('weights'));
});

test('every truncation of a good file is refused with one sentence', () => {
  const file = encodeSafetensors(tensors, { net: 'small' });
  for (let length = 0; length < file.length; length++) {
    const attempt = () => decodeSafetensors(file.subarray(0, length), 'w.safetensors');
    expect(attempt).toThrow(UserError);
    expect(attempt).toThrow(/^w\.safetensors is not a usable safetensors file: [^\n]+$/);
  }
});

function fileWith(header: string, dataLength: number): Uint8Array {
  const json = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + json.length + dataLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

const one = (entry: object) => JSON.stringify({ a: entry });
test.each([
  ['not JSON', fileWith('{oops', 0), /header is not JSON/],
  ['a list', fileWith('[]', 0), /header is not JSON/],
  ['broken UTF-8', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe), /header is not JSON/],
  ['a JPEG', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70), /does not start with the length/],
  ['a huge header', Uint8Array.of(0, 0x24, 0xf4, 0, 0, 0, 0, 0), /ends within the header/],
  [
    'a header larger than any',
    Uint8Array.of(1, 0x24, 0xf4, 0, 0, 0, 0, 0),
    /does not start with the length of a header/,
  ],
  ['unknown type', fileWith(one({ dtype: 'F31', shape: [], data_offsets: [0, 4] }), 4), /unknown type "F31"/],
  [
    'inherited type',
    fileWith(one({ dtype: 'toString', shape: [], data_offsets: [0, 4] }), 4),
    /unknown type/,
  ],
  ['negative size', fileWith(one({ dtype: 'F32', shape: [-1], data_offsets: [0, 4] }), 4), /has no shape/],
  ['no offsets', fileWith(one({ dtype: 'F32', shape: [1] }), 4), /has no offsets/],
  [
    'wrong size',
    fileWith(one({ dtype: 'F32', shape: [2], data_offsets: [0, 4] }), 4),
    /does not have 4 bytes/,
  ],
  ['a hole', fileWith(one({ dtype: 'F32', shape: [1], data_offsets: [4, 8] }), 8), /do not follow/],
  [
    'rest',
    fileWith(one({ dtype: 'F32', shape: [1], data_offsets: [0, 4] }), 5),
    /1 bytes follow the last tensor/,
  ],
  ['null entry', fileWith('{"a":null}', 0), /has no description/],
  ['metadata of numbers', fileWith('{"__metadata__":{"x":1}}', 0), /metadata entry "x" is not text/],
  [
    'overlap',
    fileWith(
      JSON.stringify({
        a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
        b: { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
      }),
      8,
    ),
    /do not follow/,
  ],
])('%s is refused', (_, file, sentence) => {
  const attempt = () => decodeSafetensors(file, 'x');
  expect(attempt).toThrow(UserError);
  expect(attempt).toThrow(sentence);
});

test('the writer refuses data that is not what its shape says', () => {
  const wrong = new Map<string, StoredTensor>([
    ['a', { dtype: 'F32', shape: [2], data: Float32Array.of(1) }],
  ]);
  expect(() => encodeSafetensors(wrong)).toThrow(/1 values of Float32Array are not F32 \[2\]/);
});
