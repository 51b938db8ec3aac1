import { DeviceError } from '../core/errors.ts';
import { elementCount, type Shape } from '../core/shape.ts';
import { type Device, Tensor } from '../core/tensor.ts';
import { align, bindingAlignment, Storage } from './memory.ts';
import { runtimeOf } from './runtime.ts';

/**
 * Floats in a block. Every entry of an arena starts at a new block, so a block belongs to one entry alone, and what holds
 * for an entry (a learning-rate multiplier, say) can be looked up by block.
 */
export const blockSize = bindingAlignment / Float32Array.BYTES_PER_ELEMENT;

/** A named array of an arena, `offset` floats from its start. */
export interface ArenaEntry {
  readonly name: string;
  readonly shape: Shape;
  readonly offset: number;
}

/** Places arrays one after the other, each at the start of a block. */
export function layOut(arrays: readonly { readonly name: string; readonly shape: Shape }[]): ArenaEntry[] {
  let offset = 0;
  return arrays.map(({ name, shape }) => {
    const entry = { name, shape: [...shape], offset };
    offset += align(elementCount(shape), blockSize);
    return entry;
  });
}

/**
 * Many f32 arrays in one buffer of their own, zero at first, so that one kernel can walk over all of them. Arenas with the
 * same entries have the same layout: element i of one belongs to element i of another.
 */
export class Arena {
  /** Each entry as a tensor. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The whole arena, gaps included, in pieces of whole blocks that one binding can hold. */
  readonly windows: readonly Tensor[];
  private readonly device: Device;
  private readonly buffer: GPUBuffer;
  /** Floats of all windows but the last. */
  private readonly windowSize: number;

  /** @throws DeviceError if the arena is larger than a buffer of this adapter can be */
  constructor(device: Device, entries: readonly ArenaEntry[]) {
    const { maxBufferSize, maxStorageBufferBindingSize } = device.report.limits;
    const floats = entries.reduce(
      (end, { shape, offset }) => Math.max(end, offset + align(elementCount(shape), blockSize)),
      0,
    );
    if (4 * floats > maxBufferSize) {
      throw new DeviceError(
        `${floats} parameters need a buffer of ${4 * floats} bytes, and this adapter allows ${maxBufferSize}; use a smaller net`,
      );
    }
    const runtime = runtimeOf(device);
    this.device = device;
    const { watcher } = runtime.pool;
    this.buffer = runtime.createBuffer(4 * floats + (watcher?.padding ?? 0));
    watcher?.allocated(this.buffer, 4 * floats, false);
    this.windowSize = Math.floor(maxStorageBufferBindingSize / bindingAlignment) * blockSize;
    // An arena lives until it is disposed of, whatever scope it was made in.
    [this.tensors, this.windows] = runtimeOf(device).untracked(() => [
      new Map(entries.map(({ name, shape, offset }) => [name, this.view(shape, offset)])),
      this.windowsOf(floats),
    ]);
  }

  /** The floats of it before `end`, from `start` on, in such windows: they live as long as whoever asks for them sees to. */
  windowsOf(end: number, start = 0): Tensor[] {
    const { windowSize } = this;
    return Array.from({ length: Math.ceil((end - start) / windowSize) }, (_, i) => {
      const first = start + i * windowSize;
      return this.view([Math.min(windowSize, end - first)], first);
    });
  }

  /** Any part of it, from a float on: it lives as long as whoever asks for it sees to. */
  view(shape: Shape, offset: number): Tensor {
    return new Tensor(
      this.device,
      shape,
      'f32',
      new Storage(4 * elementCount(shape), this.buffer, 4 * offset),
    );
  }

  dispose(): void {
    for (const tensor of [...this.tensors.values(), ...this.windows]) tensor.dispose();
    this.buffer.destroy();
  }
}
