/** Operators that only name values, give constants, or compute with shapes. */

import { batchExtent, type Constant, listed, mapped } from './constant.ts';
import type { OnnxNode } from './model.ts';
import type { Operator, Translation, ValueSlot } from './translation.ts';

/** Dropout and the like do nothing when features are computed. */
const identity: Operator = (t, node) => {
  const slot = t.input(node, 0);
  if (!slot) return t.fail(node, 'its input is missing');
  t.alias(node, slot);
};

/** Types of numbers with a fraction, as `TensorProto.DataType` and, before version 6 of the operators, by name. */
const fractional = { numbers: [1, 10, 11, 16], names: ['FLOAT', 'FLOAT16', 'DOUBLE'] };
const bool = { number: 9, name: 'BOOL' };

/** Constants become whole numbers or such with a fraction, which decides how they are divided; images keep theirs. */
const cast: Operator = (t, node) => {
  const slot = t.input(node, 0);
  const { int: to = 0, text = '' } = node.attributes.get('to') ?? {};
  const isInteger = !fractional.numbers.includes(to) && !fractional.names.includes(text);
  if (slot?.kind !== 'constant') {
    if (slot?.kind === 'value' && isInteger)
      t.fail(node, 'of images it is supported to numbers with a fraction');
    return identity(t, node);
  }
  const isBool = to === bool.number || text === bool.name;
  const change = isBool ? (value: number) => Number(value !== 0) : isInteger ? Math.trunc : Number;
  t.known(node, mapped(slot.constant, node.outputs[0] ?? '', change, isInteger));
};

const constant: Operator = (t, node) => {
  const name = node.outputs[0] ?? '';
  const value = (key: string) => node.attributes.get(key);
  const tensor = value('value')?.tensor;
  const [int, ints] = [value('value_int'), value('value_ints')];
  const [float, floats] = [value('value_float'), value('value_floats')];
  const made: Constant | undefined = tensor
    ? { ...tensor, name, from: [], depth: 0 }
    : int
      ? listed(name, [int.int], { shape: [] })
      : ints
        ? listed(name, ints.ints)
        : float
          ? listed(name, [float.float], { shape: [], isInteger: false })
          : floats && listed(name, floats.floats, { isInteger: false });
  if (!made) return t.fail(node, 'a constant of this type is not supported');
  t.known(node, made);
};

/** All extents, or since version 15 those from `start` to before `end`. */
const shape: Operator = (t, node) => {
  const slot = t.input(node, 0);
  const [start, end] = [node.attributes.get('start')?.int ?? 0, node.attributes.get('end')?.int];
  const known = (extents: readonly number[]) =>
    t.known(node, listed(node.outputs[0] ?? '', extents.slice(start, end)));
  if (slot?.kind === 'constant') return known(slot.constant.shape);
  const of = t.rawValue(node, 0);
  if (end !== undefined && end > 0 && start >= 0) return known(shapeOf(t, node, of, end));
  if (start !== 0 || end !== undefined)
    t.fail(node, `extents from ${start} to ${end ?? 'the end'} are not known`);
  t.alias(node, { kind: 'shape', of });
};

/** One extent of a shape, or some numbers of a constant list. */
const gather: Operator = (t, node) => {
  const slot = t.input(node, 0);
  const index = t.weight(node, 1);
  const places = t.numbers(node, index);
  const name = node.outputs[0] ?? '';
  const list =
    slot?.kind === 'shape'
      ? shapeOf(t, node, slot.of, Math.max(...places) + 1)
      : slot?.kind === 'constant' && slot.constant.shape.length === 1
        ? t.numbers(node, slot.constant)
        : t.fail(node, 'it is supported in shapes');
  const values = places.map((place) => list[place < 0 ? place + list.length : place]);
  if (!values.every((value) => value !== undefined))
    return t.fail(node, `the index ${places.join(', ')} is out of range`);
  const isInteger = slot?.kind !== 'constant' || slot.constant.isInteger;
  t.known(node, listed(name, values, { shape: index.shape, isInteger }));
};

/** The first extents of a value's shape. */
export function shapeOf(t: Translation, node: OnnxNode, slot: ValueSlot, count: number): number[] {
  const known = [batchExtent, ...(slot.channels !== undefined && !slot.channelsLast ? [slot.channels] : [])];
  if (count > known.length || count < 1)
    t.fail(node, 'of the shapes of images only the number of images and of channels is known');
  return known;
}

export const constants = {
  Identity: identity,
  Dropout: identity,
  Cast: cast,
  Constant: constant,
  Shape: shape,
  Gather: gather,
};
