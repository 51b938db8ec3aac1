/** Windows of ONNX's convolutions and pools. */

import type { Sides } from '../../model-file.ts';
import type { OnnxNode } from './model.ts';
import type { Translation, ValueSlot } from './translation.ts';

interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Sides;
  readonly dilation: readonly [number, number];
  readonly same?: 'upper' | 'lower';
}

/** Larger than any window of a net. */
const most = 65_536;

/**
 * The attributes `kernel_shape`, `strides`, `dilations`, `pads` and `auto_pad`.
 *
 * @param slot the images, whose zeros become padding
 * @param preset of the kernel: that of the weights
 */
export function windowOf(
  translation: Translation,
  node: OnnxNode,
  slot: ValueSlot,
  preset?: readonly number[],
): Window {
  const numbers = (name: string, fallback: readonly number[] | undefined, least: number) => {
    const given = node.attributes.get(name)?.ints;
    const list = given && given.length > 0 ? given : fallback;
    const isUsable = list?.every((value) => Number.isInteger(value) && value >= least && value <= most);
    if (!list || !isUsable) return translation.fail(node, `${name} is [${list?.join(', ') ?? ''}]`);
    return list;
  };
  const pair = (name: string, fallback: readonly number[] | undefined): readonly [number, number] => {
    const [vertical, horizontal, ...others] = numbers(name, fallback, 1);
    if (vertical === undefined || horizontal === undefined || others.length > 0)
      return translation.fail(
        node,
        `${name} has not two numbers: only images of two dimensions are supported`,
      );
    return [vertical, horizontal];
  };
  const kernel = pair('kernel_shape', preset);
  const window = { kernel, stride: pair('strides', [1, 1]), dilation: pair('dilations', [1, 1]) };
  const auto = node.attributes.get('auto_pad')?.text ?? 'NOTSET';
  const zeros = slot.zeros ?? [0, 0, 0, 0];
  switch (auto) {
    case 'NOTSET': {
      const pads = numbers('pads', [0, 0, 0, 0], 0);
      if (pads.length !== 4) return translation.fail(node, `pads are [${pads.join(', ')}], not four numbers`);
      const [top, left, bottom, right] = pads as [number, number, number, number];
      const added = [top + zeros[0], bottom + zeros[1], left + zeros[2], right + zeros[3]] as const;
      return { ...window, padding: added };
    }
    case 'VALID':
      return { ...window, padding: zeros };
    case 'SAME_UPPER':
    case 'SAME_LOWER':
      if (slot.zeros)
        return translation.fail(node, `zeros around the images and auto_pad ${auto} are not supported`);
      return { ...window, padding: zeros, same: auto === 'SAME_UPPER' ? 'upper' : 'lower' };
    default:
      return translation.fail(node, `auto_pad is ${auto}`);
  }
}
