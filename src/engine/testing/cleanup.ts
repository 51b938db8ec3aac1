/** What operators make for themselves beside tensors, freed with the recorded case they are made for. */

import type { DataType } from '../core/data-type.ts';
import type { Shape } from '../core/shape.ts';
import type { Device, Tensor } from '../core/tensor.ts';
import { runtimeOf } from '../runtime/runtime.ts';

let open: (() => void)[] | null = null;

/** Called while work is recorded: `free` is run when the recording is disposed of. */
export function onDispose(free: () => void): void {
  open?.push(free);
}

/** Runs `body`. @returns what it returned, and what frees the rest */
export function collectingCleanups<T>(body: () => T): { readonly result: T; readonly dispose: () => void } {
  const previous = open;
  const mine: (() => void)[] = [];
  open = mine;
  const dispose = (): void => {
    for (const free of mine.reverse()) free();
  };
  try {
    return { result: body(), dispose };
  } catch (error) {
    dispose();
    throw error;
  } finally {
    open = previous;
  }
}

/** A tensor with contents, which lives as long as the recording. */
export function retained(
  device: Device,
  data: ArrayLike<number>,
  shape: Shape,
  dtype: DataType = 'u32',
): Tensor {
  const tensor = runtimeOf(device).untracked(() => device.tensor(data, shape, dtype));
  onDispose(() => tensor.dispose());
  return tensor;
}
