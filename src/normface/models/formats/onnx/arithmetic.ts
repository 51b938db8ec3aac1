/** Element-wise operators: of constants, of images and constants, and of images. */

import { type Constant, combined, mapped, sizeOf } from './constant.ts';
import type { OnnxNode } from './model.ts';
import type { Operator, Slot, Translation, ValueSlot } from './translation.ts';

type Binary = 'Add' | 'Sub' | 'Mul' | 'Div';

const functions: Readonly<Record<Binary, (x: number, y: number) => number>> = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Div: (x, y) => x / y,
};

const binary =
  (kind: Binary): Operator =>
  (t, node) => {
    const [a, b] = [t.input(node, 0), t.input(node, 1)];
    if (!a || !b) return t.fail(node, 'an input is missing');
    if (a.kind === 'constant' && b.kind === 'constant') {
      // Whole numbers are divided without a remainder.
      const isWhole = kind === 'Div' && a.constant.isInteger && b.constant.isInteger;
      const operate = isWhole ? (x: number, y: number) => Math.trunc(x / y) : functions[kind];
      const folded = combined(a.constant, b.constant, node.outputs[0] ?? '', operate);
      if (!folded) return t.fail(node, 'constants of these shapes are not combined');
      return t.known(node, folded);
    }
    if (a.kind === 'value' && b.kind === 'value') return ofValues(t, node, kind, a, b);
    if (a.kind === 'value' && b.kind === 'constant') return withConstant(t, node, kind, a, b.constant);
    if (a.kind === 'constant' && b.kind === 'value') return fromConstant(t, node, kind, a.constant, b);
    if (kind === 'Div' && a.kind === 'value' && b.kind === 'length' && a.value === b.of.value) {
      t.emit(node, { kind: 'l2Normalise' }, [t.plain(node, a)], a);
      return;
    }
    // A small number under the root or beside it keeps lengths from being zero.
    const [length, constant] = a.kind === 'constant' ? [b, a] : [a, b];
    if (kind === 'Add' && isLength(length) && constant.kind === 'constant') {
      t.use(constant.constant);
      return t.alias(node, length);
    }
    return t.fail(node, lengthsOnly);
  };

const lengthsOnly =
  'shapes and lengths of vectors are supported where features are divided by their lengths, or flattened';

const isLength = (slot: Slot): boolean => slot.kind === 'length' || slot.kind === 'squaredLength';

function ofValues(t: Translation, node: OnnxNode, kind: Binary, a: ValueSlot, b: ValueSlot): void {
  if (kind === 'Mul' && a.value === b.value) {
    t.alias(node, { kind: 'squares', of: t.plain(node, a) });
    return;
  }
  const operation = { Add: 'add', Mul: 'multiply', Sub: undefined, Div: undefined } as const;
  const made = operation[kind];
  if (!made) t.fail(node, 'of two values that follow from the images it is not supported');
  const [x, y] = [t.plain(node, a), t.plain(node, b)];
  t.emit(node, { kind: made }, [x, y], x.rank === 4 ? x : { ...x, ...y });
}

/** x ∘ constant. */
function withConstant(t: Translation, node: OnnxNode, kind: Binary, x: ValueSlot, constant: Constant): void {
  const output = node.outputs[0] ?? node.name;
  const derived = (name: string, f: (value: number) => number) =>
    mapped(constant, `${constant.name || output}:${name}`, f);
  const change = {
    Add: () => ({ shift: constant }),
    Sub: () => ({ shift: derived('negative', (value) => -value) }),
    Mul: () => ({ scale: constant }),
    Div: () => ({ scale: derived('reciprocal', (value) => 1 / value) }),
  }[kind]() as { readonly scale?: Constant; readonly shift?: Constant };
  affine(t, node, x, change);
}

/** constant ∘ x. */
function fromConstant(t: Translation, node: OnnxNode, kind: Binary, constant: Constant, x: ValueSlot): void {
  if (kind === 'Add' || kind === 'Mul') {
    withConstant(t, node, kind, x, constant);
    return;
  }
  if (kind === 'Div') t.fail(node, 'a constant divided by images is not supported');
  const negative = t.emit(
    node,
    { kind: 'linear', scale: -1, shift: 0 },
    [x],
    x,
    `${node.outputs[0]}:negative`,
  );
  affine(t, node, negative, { shift: constant });
}

/** x · scale + shift, each of them one number for all or one of each channel. */
function affine(
  t: Translation,
  node: OnnxNode,
  x: ValueSlot,
  { scale, shift }: { readonly scale?: Constant; readonly shift?: Constant },
): void {
  const constant = scale ?? shift;
  if (!constant) return;
  const { zeros: _, ...known } = x;
  if (x.zeros) t.plain(node, x);
  if (sizeOf(constant.shape) === 1) {
    const [value = 0] = t.numbers(node, constant);
    const operation = { kind: 'linear', scale: scale ? value : 1, shift: scale ? 0 : value } as const;
    t.emit(node, operation, [x], known);
    return;
  }
  if (!isPerChannel(node, constant.shape, t.plain(node, x)))
    t.fail(
      node,
      `a constant of the shape [${constant.shape.join(', ')}] is supported with one number for all or one of each channel`,
    );
  const name = t.tensor(constant, [sizeOf(constant.shape)]);
  t.emit(node, { kind: 'affine', ...(scale ? { scale: name } : { shift: name }) }, [x], known);
}

/** Whether a shape broadcasts along the channels alone. */
export function isPerChannel(node: OnnxNode, shape: readonly number[], x: ValueSlot): boolean {
  const size = sizeOf(shape);
  if (x.channels !== undefined && x.channels !== size) return false;
  // Before version 7 an attribute says which axis a shorter constant begins at.
  if (node.attributes.get('broadcast')?.int === 1 && node.attributes.get('axis')?.int === 1)
    return shape[0] === size;
  if (x.rank === undefined || shape.length > x.rank) return false;
  return shape[shape.length - (x.rank - 1)] === size;
}

/** The sum or the maximum of all inputs. */
const variadic =
  (kind: 'add' | 'maximum'): Operator =>
  (t, node) => {
    const slots = node.inputs.map((_, i) => t.input(node, i));
    const [first] = slots;
    const constants = slots.filter((slot) => slot?.kind === 'constant');
    if (kind === 'maximum' && slots.length === 2 && constants.length === 1) {
      const other = slots.find((slot) => slot !== constants[0]);
      const [limit, more] = constants[0] ? t.numbers(node, constants[0].constant) : [];
      if (other && isLength(other)) return t.alias(node, other);
      if (other?.kind === 'value' && limit === 0 && more === undefined) {
        t.emit(node, { kind: 'relu' }, [t.plain(node, other)], other);
        return;
      }
    }
    if (slots.length === 1 && first) return t.alias(node, first);
    const values = slots.map((_, i) => t.value(node, i));
    t.emit(node, { kind }, values, values[0] ?? {});
  };

/** x² or √x of lengths. */
const pow: Operator = (t, node) => {
  const slot = t.input(node, 0);
  const [exponent] = t.numbers(node, t.weight(node, 1));
  if (slot?.kind === 'value' && exponent === 2)
    return t.alias(node, { kind: 'squares', of: t.plain(node, slot) });
  if (slot?.kind === 'squaredLength' && exponent === 0.5)
    return t.alias(node, { kind: 'length', of: slot.of });
  t.fail(node, lengthsOnly);
};

const sqrt: Operator = (t, node) => {
  const slot = t.input(node, 0);
  if (slot?.kind === 'squaredLength') return t.alias(node, { kind: 'length', of: slot.of });
  if (slot?.kind === 'constant')
    return t.known(node, mapped(slot.constant, node.outputs[0] ?? '', Math.sqrt));
  t.fail(node, lengthsOnly);
};

const neg: Operator = (t, node) => {
  const slot = t.input(node, 0);
  if (slot?.kind === 'constant')
    return t.known(
      node,
      mapped(slot.constant, node.outputs[0] ?? '', (value) => -value),
    );
  const x = t.value(node, 0);
  t.emit(node, { kind: 'linear', scale: -1, shift: 0 }, [x], x);
};

/** The length of each sample's vector, or its square. */
const reduction =
  (from: 'value' | 'squares', to: 'length' | 'squaredLength'): Operator =>
  (t, node) => {
    const slot = t.input(node, 0);
    const of = slot?.kind === 'squares' ? slot.of : slot?.kind === 'value' ? t.plain(node, slot) : undefined;
    const axes = t.wholeNumbers(node, 'axes', 1) ?? [];
    const [axis, more] = axes;
    const isChannels = more === undefined && (axis === 1 || (axis === -1 && of?.rank === 2));
    if (slot?.kind !== from || !of || !isChannels || node.attributes.get('keepdims')?.int === 0)
      return t.fail(node, lengthsOnly);
    t.alias(node, { kind: to, of });
  };

/** Limits: those of lengths keep them from being zero; from zero on it is a ReLU. */
const clip: Operator = (t, node) => {
  const slot = t.input(node, 0);
  const [least, most] = [t.number(node, 'min', 1), t.number(node, 'max', 2)];
  if (slot && isLength(slot)) return t.alias(node, slot);
  const x = t.value(node, 0);
  const isOpen = most === undefined || most > 3.4e38;
  if (isOpen && (least === undefined || least < -3.4e38)) return t.alias(node, x);
  if (!isOpen || least !== 0)
    t.fail(node, `limits ${least ?? '−∞'} and ${most ?? '∞'} are not supported; from 0 to ∞, a ReLU, is`);
  t.emit(node, { kind: 'relu' }, [x], x);
};

export const arithmetic = {
  Add: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  Div: binary('Div'),
  Sum: variadic('add'),
  Max: variadic('maximum'),
  Pow: pow,
  Sqrt: sqrt,
  Neg: neg,
  ReduceL2: reduction('value', 'length'),
  ReduceSum: reduction('squares', 'squaredLength'),
  ReduceSumSquare: reduction('value', 'squaredLength'),
  Clip: clip,
};
