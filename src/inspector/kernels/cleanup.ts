/** What operators make for themselves beside tensors, freed with the recording they are made for. */

import type { DataType } from '../../engine/core/data-type.ts';
import type { Shape } from '../../engine/core/shape.ts';
import type { Device, Tensor } from '../../engine/core/tensor.ts';
import { runtimeOf } from '../../engine/runtime/runtime.ts';

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
export function held(device: Device, data: ArrayLike<number>, shape: Shape, dtype: DataType = 'u32'): Tensor {
  const tensor = runtimeOf(device).untracked(() => device.tensor(data, shape, dtype));
  onDispose(() => tensor.dispose());
  return tensor;
}
