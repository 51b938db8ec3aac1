/** The numbers of a file's tensor in the layout of a layer here. */

import type { LayerSlot, SlotParameter } from './layer-slots.ts';
import type { ModelFile, ModelTensor } from './model-file.ts';
import { filtersChannelsLast, matrixChannelsLast, reordered } from './weight-layout.ts';

/** Where a format has its channels: PyTorch's and Caffe's first, TensorFlow's last, as here. */
export type Channels = 'first' | 'last';

export function channelsOf({ format }: ModelFile): Channels {
  return format === 'face-api' ? 'last' : 'first';
}

/** The shape that a parameter has in the file. */
export function storedShape(
  { kind }: LayerSlot,
  { role, shape }: SlotParameter,
  channels: Channels,
): number[] {
  if (channels === 'last' || role !== 'weight') return [...shape];
  if (kind === 'fullyConnected') return [...shape].reverse();
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  return [outputs, inputs, height, width];
}

/** Whether a tensor is of a shape, but for ones: matrices may be stored as filters of one pixel, vectors as rows. */
export function isOfShape(tensor: ModelTensor, shape: readonly number[], channels: Channels): boolean {
  const without = (extents: readonly number[]): string => extents.filter((extent) => extent !== 1).join();
  if (shape.length !== 4) return without(tensor.shape) === without(shape);
  // TensorFlow's filters of one channel each are [height, width, channels, filters a channel]: the same numbers in the same order.
  const [height, width, inputs, outputs] = shape;
  const [tall, wide, first, second] = tensor.shape;
  const isSeparable = channels === 'last' && inputs === 1 && tensor.shape.length === 4;
  if (isSeparable && tall === height && wide === width && first! * second! === outputs) return true;
  return `${tensor.shape}` === `${shape}`;
}

/** The numbers of `tensor`, whose shape was compared. */
export function slotValues(
  slot: LayerSlot,
  { role, shape }: SlotParameter,
  tensor: ModelTensor,
  channels: Channels,
): Float32Array {
  const values = tensor.values();
  if (channels === 'last') return values;
  if (role !== 'weight') return slot.kind === 'fullyConnected' ? values : reordered(values, slot.order);
  if (slot.kind === 'fullyConnected') return matrixChannelsLast(values, shape[1]!, slot.order);
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  return filtersChannelsLast(values, [outputs, inputs, height, width]);
}
