/** Operators that move numbers. */

import type { Sides } from '../../model-file.ts';
import { listed, mostNumbers, reshaped, resolvedShape, sizeOf, transposed } from './constant.ts';
import { shapeOf } from './constant-operators.ts';
import type { OnnxNode } from './model.ts';
import type { Operator, Translation, ValueSlot } from './translation.ts';

const flatten: Operator = (t, node) => {
  const axis = node.attributes.get('axis')?.int ?? 1;
  const slot = t.input(node, 0);
  if (slot?.kind === 'constant') {
    const { shape: old } = slot.constant;
    const at = axis < 0 ? axis + old.length : axis;
    const made = [sizeOf(old.slice(0, at)), sizeOf(old.slice(at))];
    return t.known(node, reshaped(slot.constant, node.outputs[0] ?? '', made));
  }
  const x = t.rawValue(node, 0);
  if (axis !== 1 && (x.rank === undefined || axis + x.rank !== 1))
    t.fail(node, `axis ${axis} is not supported; 1 is`);
  toFeatures(t, node, x);
};

function toFeatures(t: Translation, node: OnnxNode, x: ValueSlot): void {
  if (x.rank === 2) {
    t.alias(node, x);
    return;
  }
  const { channelsLast, ...plain } = x;
  if (x.zeros) t.plain(node, x);
  t.emit(node, { kind: 'flatten', ...(channelsLast && { channelsLast }) }, [plain], { rank: 2 });
}

const reshape: Operator = (t, node) => {
  const wanted = t.wholeNumbers(node, 'shape', 1) ?? t.fail(node, 'its shape is missing');
  const slot = t.input(node, 0);
  if (slot?.kind === 'constant') {
    const keepsZeros = (node.attributes.get('allowzero')?.int ?? 0) !== 0;
    const made = resolvedShape(slot.constant.shape, wanted, keepsZeros);
    if (!made)
      return t.fail(node, `[${slot.constant.shape.join(', ')}] does not become [${wanted.join(', ')}]`);
    return t.known(node, reshaped(slot.constant, node.outputs[0] ?? '', made));
  }
  const x = t.rawValue(node, 0);
  const [batch, ...rest] = wanted;
  const isBatch = Number.isNaN(batch) || batch === 0 || batch === 1 || (batch === -1 && !rest.includes(-1));
  const resolved = rest.map((extent, i) => (extent === 0 && i === 0 ? (x.channels ?? 0) : extent));
  if (
    !isBatch ||
    rest.length === 0 ||
    !resolved.every((extent) => Number.isInteger(extent) && (extent > 0 || extent === -1))
  )
    t.fail(
      node,
      `the shape [${wanted.map((extent) => (Number.isNaN(extent) ? 'n' : extent)).join(', ')}] is not supported; flattening is`,
    );
  const [channels] = resolved;
  const known = { rank: wanted.length, ...(channels !== -1 && { channels }) };
  if (x.channelsLast && rest.length === 1) return toFeatures(t, node, x);
  t.emit(node, { kind: 'reshape', shape: resolved }, [t.plain(node, x)], known);
};

/** Extents of one that come or go behind the channels. */
const ones =
  (direction: 1 | -1): Operator =>
  (t, node) => {
    const axes = t.wholeNumbers(node, 'axes', 1);
    const slot = t.input(node, 0);
    if (slot?.kind === 'constant') {
      const made =
        direction === 1 ? unsqueezed(slot.constant.shape, axes ?? []) : squeezed(slot.constant.shape, axes);
      if (!made)
        return t.fail(
          node,
          `axes [${axes?.join(', ') ?? ''}] do not fit [${slot.constant.shape.join(', ')}]`,
        );
      return t.known(node, reshaped(slot.constant, node.outputs[0] ?? '', made));
    }
    const x = t.value(node, 0);
    const rank =
      (x.rank ?? t.fail(node, 'the dimensions of its input are not known')) + direction * (axes?.length ?? 2);
    const larger = Math.max(rank, x.rank!);
    const isBehind = axes ? axes.every((axis) => (axis < 0 ? axis + larger : axis) >= 2) : x.rank === 4;
    if (!isBehind || rank < 2 || rank > 4)
      t.fail(node, `axes [${axes?.join(', ') ?? ''}] are not supported; those of rows and columns are`);
    if (direction === 1) return t.alias(node, { ...x, rank });
    t.emit(node, { kind: 'flatten' }, [x], { rank, channels: x.channels });
  };

function unsqueezed(shape: readonly number[], axes: readonly number[]): number[] | undefined {
  const rank = shape.length + axes.length;
  const places = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  if (rank > 16 || !places.every((place) => Number.isInteger(place) && place >= 0 && place < rank))
    return undefined;
  const made = [...shape];
  for (const place of [...places].sort((a, b) => a - b)) made.splice(place, 0, 1);
  return made;
}

function squeezed(shape: readonly number[], axes: readonly number[] | undefined): number[] | undefined {
  const places = axes?.map((axis) => (axis < 0 ? axis + shape.length : axis));
  if (places && !places.every((place) => shape[place] === 1)) return undefined;
  return shape.filter((extent, axis) => (places ? !places.includes(axis) : extent !== 1));
}

/** Images whose channels become last, or first again. */
const transpose: Operator = (t, node) => {
  const slot = t.input(node, 0);
  const order = node.attributes.get('perm')?.ints;
  if (slot?.kind === 'constant') {
    const axes = slot.constant.shape.map((_, axis) => axis);
    const wanted = order && order.length > 0 ? order : axes.reverse();
    if ([...wanted].sort((a, b) => a - b).join() !== [...axes].sort((a, b) => a - b).join())
      return t.fail(node, `perm [${wanted.join(', ')}] does not fit [${slot.constant.shape.join(', ')}]`);
    return t.known(node, transposed(slot.constant, node.outputs[0] ?? '', wanted));
  }
  const x = t.rawValue(node, 0);
  const { channelsLast, ...plain } = x;
  if (order?.every((axis, i) => axis === i)) return t.alias(node, x);
  if (x.rank === 4 && !x.zeros && !channelsLast && order?.join() === '0,2,3,1')
    return t.alias(node, { ...plain, channelsLast: true });
  if (channelsLast && order?.join() === '0,3,1,2') return t.alias(node, plain);
  t.fail(node, `perm [${order?.join(', ') ?? ''}] is supported where channels become last, and first again`);
};

/** Channels side by side, or constant lists one after the other. */
const concat: Operator = (t, node) => {
  const slots = node.inputs.map((_, i) => t.input(node, i));
  const axis = node.attributes.get('axis')?.int ?? 1;
  const constants = slots.flatMap((slot) => (slot?.kind === 'constant' ? [slot.constant] : []));
  if (constants.length === slots.length && constants.every(({ shape }) => shape.length === 1) && axis <= 0) {
    if (constants.reduce((sum, part) => sum + sizeOf(part.shape), 0) > mostNumbers)
      return t.fail(node, `lists of more than ${mostNumbers} numbers are not put together`);
    const numbers = constants.flatMap((part) => t.numbers(node, part));
    const isInteger = constants.every((part) => part.isInteger);
    return t.known(node, listed(node.outputs[0] ?? '', numbers, { isInteger }));
  }
  const values = slots.map((_, i) => t.value(node, i));
  const [first] = values;
  if (!first || !isChannels(first, axis)) return t.fail(node, `axis ${axis} is not that of the channels`);
  if (values.length === 1) return t.alias(node, first);
  const channels = values.reduce((sum, value) => sum + (value.channels ?? Number.NaN), 0);
  t.emit(node, { kind: 'concatenate' }, values, { rank: first.rank, ...(channels > 0 && { channels }) });
};

const isChannels = ({ rank }: ValueSlot, axis: number): boolean =>
  axis === 1 || (rank !== undefined && axis + rank === 1);

/** Parts of the channels. */
const split: Operator = (t, node) => {
  const x = t.value(node, 0);
  const axis = node.attributes.get('axis')?.int ?? 0;
  if (!isChannels(x, axis)) t.fail(node, `axis ${axis} is not that of the channels`);
  const parts = node.outputs.length;
  const sizes = t.wholeNumbers(node, 'split', 1) ?? equalParts(t, node, x, parts);
  if (sizes.length !== parts || !sizes.every((size) => Number.isInteger(size) && size > 0))
    t.fail(node, `${parts} parts of the sizes ${sizes.join(', ')}`);
  let begin = 0;
  for (const [i, size] of sizes.entries()) {
    const end = begin + size;
    const output = node.outputs[i]!;
    t.emit(node, { kind: 'channels', begin, end }, [x], { rank: x.rank, channels: size }, output);
    begin = end;
  }
};

/** Equal parts; the last one is smaller where that is needed. */
function equalParts(t: Translation, node: OnnxNode, { channels }: ValueSlot, parts: number): number[] {
  if (channels === undefined) return t.fail(node, 'the number of channels is not known');
  const size = Math.ceil(channels / parts);
  return Array.from({ length: parts }, (_, i) => Math.min(size, channels - i * size));
}

/** Neighbouring channels, or numbers of a shape. */
const slice: Operator = (t, node) => {
  const list = (name: string, i: number) => t.wholeNumbers(node, name, i);
  const [starts, ends] = [list('starts', 1) ?? [], list('ends', 2) ?? []];
  const axes = list('axes', 3) ?? starts.map((_, i) => i);
  const steps = list('steps', 4) ?? starts.map(() => 1);
  const [start, end, axis, step] = [starts[0], ends[0], axes[0], steps[0]];
  if (starts.length !== 1 || start === undefined || end === undefined || axis === undefined || step !== 1)
    return t.fail(node, 'one slice without gaps is supported');
  const slot = t.input(node, 0);
  const bounds = (length: number): [begin: number, end: number] => {
    const clamp = (place: number) => Math.min(length, Math.max(0, place < 0 ? place + length : place));
    return [clamp(start), clamp(end)];
  };
  if (slot?.kind === 'constant' && slot.constant.shape.length === 1) {
    const numbers = t.numbers(node, slot.constant);
    const kept = numbers.slice(...bounds(numbers.length));
    return t.known(node, listed(node.outputs[0] ?? '', kept, { isInteger: slot.constant.isInteger }));
  }
  if (slot?.kind === 'shape') {
    const shape = shapeOf(t, node, slot.of, end);
    return t.known(node, listed(node.outputs[0] ?? '', shape.slice(start, end)));
  }
  const x = t.value(node, 0);
  if (!isChannels(x, axis)) t.fail(node, `axis ${axis} is not that of the channels`);
  const channels = x.channels ?? t.fail(node, 'the number of channels is not known');
  const [begin, stop] = bounds(channels);
  if (stop <= begin) t.fail(node, `no channels are from ${start} to ${end} of ${channels}`);
  t.emit(node, { kind: 'channels', begin, end: stop }, [x], { rank: x.rank, channels: stop - begin });
};

/** Zeros around images, which become padding of what follows. */
const pad: Operator = (t, node) => {
  const x = t.rawValue(node, 0);
  const pads = t.wholeNumbers(node, 'pads', 1) ?? t.fail(node, 'its pads are missing');
  const value = t.number(node, 'value', 2) ?? 0;
  if (pads.every((side) => side === 0)) return t.alias(node, x);
  const mode = node.attributes.get('mode')?.text ?? 'constant';
  const [n, c, top, left, n2, c2, bottom, right] = pads as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const isUsable =
    pads.length === 8 &&
    pads.every((side) => Number.isInteger(side) && side >= 0 && side < 65_536) &&
    n + c + n2 + c2 === 0;
  if (!isUsable || mode !== 'constant' || value !== 0 || t.input(node, 3) || x.channelsLast)
    t.fail(node, `pads [${pads.join(', ')}], mode ${mode}: zeros around rows and columns are supported`);
  const before = x.zeros ?? [0, 0, 0, 0];
  const zeros: Sides = [before[0] + top, before[1] + bottom, before[2] + left, before[3] + right];
  t.alias(node, { ...x, zeros });
};

/** Lengths of vectors, repeated to the shape of these. */
const expand: Operator = (t, node) => {
  const slot = t.input(node, 0);
  if (slot?.kind !== 'length' && slot?.kind !== 'squaredLength')
    return t.fail(node, 'only lengths of vectors are repeated');
  t.alias(node, slot);
};

export const shapes = {
  Flatten: flatten,
  Reshape: reshape,
  Unsqueeze: ones(1),
  Squeeze: ones(-1),
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Expand: expand,
};
