/** Caffe's nets for tests, by the field numbers of `caffe.proto`. */

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Fields of a message; a list stands for a repeated field. */
export type Fields = Readonly<Record<number, Field | readonly Field[]>>;
type Field = number | string | Uint8Array | Float;

/** A number that is stored as a float. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export function message(fields: Fields): Uint8Array {
  const writer = new BinaryWriter();
  for (const [key, value] of Object.entries(fields))
    for (const field of Array.isArray(value) ? value : [value]) {
      const number = Number(key);
      if (typeof field === 'number') writer.tag(number, WireType.Varint).int64(field);
      else if (typeof field === 'string') writer.tag(number, WireType.LengthDelimited).string(field);
      else if (field instanceof Float) writer.tag(number, WireType.Bit32).float(field.value);
      else writer.tag(number, WireType.LengthDelimited).bytes(field as Uint8Array);
    }
  return writer.finish();
}

/** A list of integers in one field. */
export function packed(numbers: readonly number[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const number of numbers) writer.int64(number);
  return writer.finish();
}

const floats = (numbers: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(numbers).buffer);

/** A blob of new files. */
export function blob(shape: readonly number[], numbers: readonly number[]): Uint8Array {
  return message({ 7: message({ 1: packed(shape) }), 5: floats(numbers) });
}

/** A blob of old files, with four extents. */
export function oldBlob(
  shape: readonly [number, number, number, number],
  numbers: readonly number[],
): Uint8Array {
  return message({ 1: shape[0], 2: shape[1], 3: shape[2], 4: shape[3], 5: floats(numbers) });
}

/** Numbers that differ, for weights. */
export function ramp(count: number, step = 0.01): number[] {
  return Array.from({ length: count }, (_, i) =>
    Number(((i + 1) * step * (i % 3 === 0 ? -1 : 1)).toFixed(4)),
  );
}

/**
 * Data, convolution, batch norm with its scale, PReLU in place, pooling, max-feature-map, a product, and what only a training has; for
 * images of 4×6 pixels.
 */
export const netOf = (channels: number): Uint8Array =>
  message({
    1: 'tiny',
    100: [
      message({
        1: 'data',
        2: 'Data',
        4: ['data', 'label'],
        100: message({ 1: new Float(1 / 128), 5: [new Float(127.5)] }),
      }),
      message({
        1: 'conv1',
        2: 'Convolution',
        3: 'data',
        4: 'conv1',
        7: [blob([4, channels, 3, 3], ramp(36 * channels)), blob([4], [1, 2, 3, 4])],
        106: message({ 1: 4, 3: 1, 4: 3, 6: 1 }),
      }),
      message({
        1: 'bn1',
        2: 'BatchNorm',
        3: 'conv1',
        4: 'conv1',
        7: [blob([4], [2, 4, 6, 8]), blob([4], [8, 8, 8, 8]), blob([1], [2])],
        139: message({ 3: new Float(0.001) }),
      }),
      message({
        1: 'scale1',
        2: 'Scale',
        3: 'conv1',
        4: 'conv1',
        7: [blob([4], [1, 2, 3, 4]), blob([4], [0, 1, 0, 1])],
        142: message({ 4: 1 }),
      }),
      message({ 1: 'relu1', 2: 'PReLU', 3: 'conv1', 4: 'conv1', 7: blob([4], [0.25, 0.5, 0.75, 1]) }),
      message({ 1: 'pool1', 2: 'Pooling', 3: 'conv1', 4: 'pool1', 121: message({ 1: 0, 2: 2, 3: 2 }) }),
      message({ 1: 'slice1', 2: 'Slice', 3: 'pool1', 4: ['left', 'right'] }),
      message({ 1: 'max1', 2: 'Eltwise', 3: ['left', 'right'], 4: 'max1', 110: message({ 1: 2 }) }),
      message({ 1: 'drop', 2: 'Dropout', 3: 'max1', 4: 'max1' }),
      message({
        1: 'fc',
        2: 'InnerProduct',
        3: 'max1',
        4: 'fc',
        7: [blob([2, 12], ramp(24)), blob([2], [0.5, -0.5])],
        117: message({ 1: 2 }),
      }),
      message({ 1: 'loss', 2: 'SoftmaxWithLoss', 3: ['fc', 'label'], 4: 'loss' }),
    ],
  });

export const newNet: Uint8Array = netOf(2);

/** An input, a convolution, ReLU and a product, in the words of files before August 2014. */
export const oldNet: Uint8Array = message({
  1: 'old',
  3: 'data',
  4: [1, 1, 4, 4],
  2: [
    message({
      2: 'data',
      3: 'conv',
      4: 'conv',
      5: 4,
      6: [oldBlob([2, 1, 3, 3], ramp(18)), oldBlob([1, 1, 1, 2], [1, 2])],
      10: message({ 1: 2, 4: 3 }),
    }),
    message({ 2: 'conv', 3: 'conv', 4: 'relu', 5: 18 }),
    message({
      2: 'conv',
      3: 'fc',
      4: 'fc',
      5: 14,
      6: [oldBlob([1, 1, 3, 8], ramp(24)), oldBlob([1, 1, 1, 3], [0, 0, 1])],
      17: message({ 1: 3 }),
    }),
  ],
});
