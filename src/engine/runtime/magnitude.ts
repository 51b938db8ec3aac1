import source from '../../shaders/runtime/largest_magnitude.wesl';
import { checkArgument } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import { elementGrid } from '../tuning/grid.ts';
import { runtimeOf } from './runtime.ts';

const kernel = { name: 'largest_magnitude', source };

/** Raises `largest`, the bits of an f32 that is not negative, to the largest |x[i]|. */
export function raiseToLargest(x: Tensor, largest: Tensor): void {
  const { grid, constants } = elementGrid(x.device, x.size, 1);
  x.device.dispatch({
    kernel,
    constants: { ...constants },
    bindings: { x, largest },
    grid,
    cost: { flops: 0, bytes: x.bytes },
  });
}

/**
 * The largest magnitude among the numbers of some tensors, at this point of the work issued; NaN if one of them is NaN. Only this
 * one number leaves the device.
 *
 * @throws ArgumentError if there is no tensor
 */
export async function largestMagnitude(tensors: readonly Tensor[]): Promise<number> {
  checkArgument(tensors.length > 0, 'largestMagnitude', () => 'there are no tensors');
  const { device } = tensors[0]!;
  const largest = runtimeOf(device).untracked(() => device.tensor([0], [1], 'u32'));
  try {
    for (const x of tensors) raiseToLargest(x, largest);
    const bits = await largest.item();
    return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
  } finally {
    largest.dispose();
  }
}
