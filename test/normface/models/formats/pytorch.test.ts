import fs from 'node:fs';
import { expect, test } from 'vitest';
import { UserError } from '../../../../src/common/errors.ts';
import { readCaffe } from '../../../../src/normface/models/formats/caffe.ts';
import { readPyTorch } from '../../../../src/normface/models/formats/pytorch.ts';
import type { ModelFile } from '../../../../src/normface/models/model-file.ts';
import { realData } from '../../data/fixtures.ts';
import { call, dict, global, int, persistent, pickle, text, tuple } from './pickle-writer.ts';
import { archive, oldFile, orderedDict, stateDict, storages, tensor, values } from './torch-writer.ts';
import { zip64 } from './zip64.ts';

const numbers = ({ tensors }: ModelFile) =>
  Object.fromEntries(tensors.map((tensor) => [tensor.name, [...tensor.values()]]));

test.each([
  ['the zip archive', archive(stateDict(false))],
  ['a packed zip archive', archive(stateDict(false), { level: 6 })],
  ['the format before it', oldFile(stateDict(true))],
])('%s: types, strides, offsets and shared storages', (_, bytes) => {
  const file = readPyTorch(bytes, 'x');
  expect(numbers(file)).toEqual(values);
  expect(file.tensors.map(({ shape }) => shape)).toEqual([[2, 3], [3, 2], [2], [2], [2, 2], [2], []]);
});

test('numbers of a machine that has the high byte first', () => {
  const swapped = storages[0]!.bytes.slice();
  for (let at = 0; at < swapped.length; at += 4) swapped.subarray(at, at + 4).reverse();
  const bytes = archive(orderedDict([['tail', tensor(0, 5, [2], [1])]]), {
    more: { 'net/byteorder': new TextEncoder().encode('big'), 'net/data/0': swapped },
  });
  expect(numbers(readPyTorch(bytes, 'x'))).toEqual({ tail: [6, -7] });
});

test.each([true, false])(
  'the old format of such a machine has the numbers with the low byte first, whatever the counts: %s',
  (countsLittleEndian) => {
    const bytes = oldFile(stateDict(true), { littleEndian: false, countsLittleEndian });
    expect(numbers(readPyTorch(bytes, 'x'))).toEqual(values);
  },
);

test('a part of a storage, as old versions stored, is refused', () => {
  const part = tensor(0, 0, [2], [1], tuple(text('1'), int(2), int(2)));
  expect(whole(oldFile(orderedDict([['a', part]])))).toThrow(
    'x is of an old version of PyTorch that stored parts of storages; load it in PyTorch and save it again',
  );
});

test('dictionaries that are made of one list again and again are refused', () => {
  const ascii = (letters: string) => [...letters].map((letter) => letter.charCodeAt(0));
  const pairs = Array.from({ length: 2000 }, (_, i) => tuple(int(i), int(i)));
  const made = [
    ...global('collections', 'OrderedDict'),
    ...ascii('q\0'),
    ...[...ascii(']('), ...pairs.flat(), ...ascii('eq\x01')],
    ...Array.from({ length: 1000 }, () => ascii('h\0h\x01\x85R')).flat(),
  ];
  expect(whole(archive(made))).toThrow('x is damaged: its dictionaries have more than 1000000 entries');
});

test('of a checkpoint of a training the state dictionary is taken, and the rest is named', () => {
  const checkpoint = dict([
    [text('epoch'), int(3)],
    [text('optimizer'), orderedDict([['state', int(1)]])],
    [
      text('state_dict'),
      orderedDict([
        ['module.fc.bias', tensor(1, 0, [2], [1])],
        ['note', text('hello')],
      ]),
    ],
    [text('best'), call(global('numpy.core.multiarray', 'scalar'), int(1))],
  ]);
  const file = readPyTorch(archive(checkpoint), 'x');
  expect(numbers(file)).toEqual({ 'module.fc.bias': [0.5, -0.25] });
  expect(file.metadata).toEqual({ part: 'state_dict', leftOut: 'epoch, optimizer, best, note' });
});

const whole = (bytes: Uint8Array) => () => readPyTorch(bytes, 'x');

test('a stored model, code, or other objects are refused by name', () => {
  const model = call(global('torch.nn.modules.container', 'Sequential'));
  const sentence =
    'x holds an object of Python\'s "torch.nn.modules.container.Sequential", which only the program that has it can read; nothing was executed; save the numbers alone with torch.save(model.state_dict(), …)';
  expect(whole(archive(model))).toThrow(new UserError(sentence));
  expect(whole(oldFile(model))).toThrow(new UserError(sentence));
  expect(whole(archive(call(global('posix', 'system'), text('true'))))).toThrow(
    /"posix\.system".*nothing was executed/,
  );
  const module = persistent(
    tuple(text('module'), global('torch', 'FloatStorage'), text('f.py'), text('class A: pass')),
  );
  expect(whole(oldFile(module))).toThrow('x holds a whole model with its code');
  expect(whole(archive(stateDict(false), { more: { 'net/constants.pkl': pickle(int(1)) } }))).toThrow(
    'x is a TorchScript archive, a program',
  );
});

test.each([
  ['a tensor past its storage', tensor(0, 2, [2, 3], [3, 1]), 'reaches beyond its storage 0 of 7 numbers'],
  [
    'a shape of billions',
    tensor(1, 0, [2 ** 30, 2 ** 30], [0, 0]),
    'reaches beyond its storage 1 of 2 numbers',
  ],
  ['a negative stride', tensor(0, 5, [2], [-1]), 'has no shape and strides'],
])('%s is refused', (_, bad, reason) => {
  expect(whole(archive(orderedDict([['a', bad]])))).toThrow(reason);
});

test('files that are cut short or lack a part are refused in one sentence', () => {
  const old = oldFile(stateDict(true));
  expect(whole(old.subarray(0, old.length - 3))).toThrow(
    /^x is cut short: its storage 4 has 8 bytes, but 5 are left at byte \d+$/,
  );
  const zip = archive(stateDict(false));
  expect(whole(zip.subarray(0, zip.length - 30))).toThrow(/^x is a damaged zip archive: [^\n]+$/);
  const short = readPyTorch(archive(stateDict(false), { more: { 'net/data/1': new Uint8Array(3) } }), 'x');
  expect(() => short.tensors.find(({ name }) => name === 'double')!.values()).toThrow(
    'x is damaged: its storage 1 has 3 bytes, not 16',
  );
  expect(whole(pickle(int(1)))).toThrow('x is a pickle, but none of torch.save');
  // As verification sets of insightface begin.
  expect(whole(pickle(call(global('numpy.core.multiarray', '_reconstruct'))))).toThrow(
    'x is a pickle, but none of torch.save',
  );
  expect(whole(archive(orderedDict([['a', int(1)]])))).toThrow('x holds no tensors');
  expect(whole(archive(tensor(1, 0, [2], [1])))).toThrow('x holds a single tensor');
});

test('an archive that says it unpacks to gigabytes is refused before it is unpacked', () => {
  const zip = archive(stateDict(false), { level: 6 });
  const view = new DataView(zip.buffer);
  // The size before packing stands 24 bytes into each entry of the directory (PKWARE's APPNOTE, 4.3.12).
  for (let at = 0; at + 28 < zip.length; at++)
    if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, 0x7fffffff, true);
  expect(whole(zip)).toThrow(
    /^x is a damaged zip archive: net\/\S+ says that it has 2147483647 bytes in \d+$/,
  );
});

test('archives of zip64, as those of torch.save are', () => {
  expect(numbers(readPyTorch(zip64(archive(stateDict(false))), 'x'))).toEqual(values);
});

test.each<[string, (view: DataView, at: (signature: number) => number) => void, RegExp]>([
  [
    'more files than there are bytes',
    (view, at) => view.setBigUint64(at(0x06064b50) + 32, 2n ** 60n, true),
    /^x is a damaged zip archive: it has more than 20000 files$/,
  ],
  [
    'a directory beyond the end',
    (view, at) => view.setBigUint64(at(0x06064b50) + 48, 2n ** 60n, true),
    /^x is a damaged zip archive: at byte 1152921504606847000, there is no entry 0 of its directory$/,
  ],
  [
    'an end of the directory that is elsewhere',
    (view, at) => view.setBigUint64(at(0x07064b50) + 8, 5n, true),
    /^x is a damaged zip archive: at byte 5, there is no end of a directory of zip64$/,
  ],
  [
    'an entry that begins nowhere',
    // The third of the three numbers in the field of zip64, which lies behind the name.
    (view, at) => view.setBigUint64(at(0x02014b50) + 46 + 'net/data.pkl'.length + 20, 2n ** 40n, true),
    /^x is a damaged zip archive: at byte 1099511627776, net\/data\.pkl does not begin$/,
  ],
  [
    'an encrypted entry',
    (view, at) => view.setUint16(at(0x02014b50) + 8, 1, true),
    /^x is a damaged zip archive: net\/data\.pkl is encrypted$/,
  ],
  [
    'another compression',
    (view, at) => view.setUint16(at(0x02014b50) + 10, 93, true),
    /^x is a damaged zip archive: net\/data\.pkl is compressed by method 93, which is not supported$/,
  ],
])('an archive of zip64 with %s is refused', (_, damage, sentence) => {
  const bytes = zip64(archive(orderedDict([['tail', tensor(0, 5, [2], [1])]])));
  const view = new DataView(bytes.buffer);
  damage(view, (signature) => {
    for (let at = 0; at + 4 <= bytes.length; at++) if (view.getUint32(at, true) === signature) return at;
    throw new Error('the archive has no such record');
  });
  expect(whole(bytes)).toThrow(sentence);
});

test('an entry that unpacks to more or fewer bytes than it says is refused', () => {
  for (const by of [-1, 1]) {
    const zip = archive(stateDict(false), { level: 6 });
    const view = new DataView(zip.buffer);
    for (let at = 0; at + 28 < zip.length; at++)
      if (view.getUint32(at, true) === 0x02014b50)
        view.setUint32(at + 24, view.getUint32(at + 24, true) + by, true);
    expect(whole(zip)).toThrow(/^x is a damaged zip archive: net\/\S+ does not unpack to \d+ bytes$/);
  }
});

test.for([
  ['pnet', 'det1'],
  ['rnet', 'det2'],
  ['onet', 'det3'],
] as const)('MTCNN: %s.pt and %s.caffemodel hold the same numbers', ([torch, caffe], { skip }) => {
  const files = [realData(`interop/pytorch/${torch}.pt`), realData(`interop/caffe/${caffe}.caffemodel`)];
  if (!files[0] || !files[1]) return skip();
  const [theirs, stored] = [
    readPyTorch(fs.readFileSync(files[0]), torch),
    readCaffe(fs.readFileSync(files[1]), caffe),
  ];
  // The second net's five points are in Caffe's file only.
  const more = stored.tensors.length - theirs.tensors.length;
  expect(more).toBe(torch === 'rnet' ? 2 : 0);
  for (const { name, shape, values } of theirs.tensors) {
    // Caffe's layers are called conv6-1, the other's dense6_1.
    const other = stored.tensors.find(
      (tensor) => tensor.name.toLowerCase().replaceAll('-', '_') === name.replace('dense', 'conv'),
    );
    expect(other?.shape, name).toEqual(shape);
    const numbers = fromTransposed(shape, values(), torch);
    expect(Buffer.from(numbers.buffer).equals(Buffer.from(other!.values().buffer)), name).toBe(true);
  }
});

/**
 * MTCNN's nets were trained with images transposed: filters [out, in, y, x] have x and y in each other's place, and the rows of the matrix behind
 * the last image are ordered columns, rows, channels in the one file, channels, columns, rows in the other.
 */
function fromTransposed(shape: readonly number[], values: Float32Array, net: string): Float32Array {
  if (shape.length === 4) {
    const [, , height, width] = shape as [number, number, number, number];
    return values.map((_, i) => {
      const pixel = i % (height * width);
      const x = Math.floor(pixel / height);
      return values[i - pixel + (pixel % height) * width + x]!;
    });
  }
  const [columns, channels] = [shape[1], net === 'rnet' ? 64 : 128];
  if (columns !== 9 * channels) return values;
  return values.map((_, i) => {
    const column = i % columns;
    return values[i - column + (column % 9) * channels + Math.floor(column / 9)]!;
  });
}
