/** Finds kernels that write past the end of a tensor, or leave elements of their output as they were. */

import { bytesPerElement } from '../core/data-type.ts';
import { type Device, Tensor } from '../core/tensor.ts';
import { type Dispatch, linkKernel } from '../runtime/kernel.ts';
import { type AllocationWatcher, align } from '../runtime/memory.ts';
import { runtimeOf } from '../runtime/runtime.ts';

/** Bytes of guard words behind every buffer: more than a workgroup of 256 writes past the end with a vec4f each. */
const guardBytes = 4096;

/** Finite as f32, so that no search for NaN stops at it. */
const guardWord = 0xa5a5a5a5;

/** Fills new memory: a NaN as f32, two as f16. */
const unwrittenWord = 0x7fc07fc0;

interface Look {
  readonly kernel: string;
  readonly binding: string;
  readonly shape: string;
  readonly copy: GPUBuffer;
}

/**
 * Runs work eagerly with guard words behind every buffer that is allocated meanwhile. Writable bindings reach over them, so that a
 * write past the end arrives there also where the driver keeps writes inside of bindings; a kernel that asks for `arrayLength` sees
 * the true length and is guarded as far as the driver lets it write. New memory is full of NaN, which shows where an element is
 * never written. Tensors that end in the middle of a buffer, as all but the last parameter of an arena, have no guard.
 */
export class Guard implements AllocationWatcher {
  readonly padding = guardBytes;
  private readonly device: Device;
  /** Where the guard words begin in a buffer. */
  private readonly starts = new Map<GPUBuffer, number>();
  private readonly looks: Look[] = [];
  /** Tensors that stand for others in the latest dispatch. */
  private readonly stretched: Tensor[] = [];
  /** Bindings of the latest dispatch, whose guard words are to be copied before anything else happens to them. */
  private readonly due: (Omit<Look, 'copy'> & { readonly buffer: GPUBuffer; readonly start: number })[] = [];

  constructor(device: Device) {
    this.device = device;
  }

  /** Runs `body`, which must not be asynchronous. @param edit what else is made of every dispatch */
  run<T>(body: () => T, edit: (dispatch: Dispatch) => Dispatch = (dispatch) => dispatch): T {
    const { pool } = runtimeOf(this.device);
    pool.watcher = this;
    try {
      return runtimeOf(this.device).editing((dispatch) => this.watch(edit(dispatch)), body);
    } finally {
      pool.watcher = null;
      this.look();
    }
  }

  allocated(buffer: GPUBuffer, bytes: number, isEmpty: boolean): void {
    this.look();
    runtimeOf(this.device).flush();
    const { queue } = this.device.gpu;
    const start = align(bytes, 4);
    if (isEmpty) queue.writeBuffer(buffer, 0, new Uint32Array(start / 4).fill(unwrittenWord));
    this.starts.delete(buffer);
    if (buffer.size - start < guardBytes) return;
    queue.writeBuffer(buffer, start, new Uint32Array(guardBytes / 4).fill(guardWord));
    this.starts.set(buffer, start);
  }

  /** What was written where nothing belongs: one sentence each. */
  async findings(): Promise<string[]> {
    const found: string[] = [];
    const known = new Set<string>();
    const looks = this.looks.splice(0);
    await Promise.all(looks.map(({ copy }) => copy.mapAsync(GPUMapMode.READ)));
    for (const { kernel, binding, shape, copy } of looks) {
      const words = new Uint32Array(copy.getMappedRange().slice(0));
      copy.destroy();
      const first = words.findIndex((word) => word !== guardWord);
      const key = `${kernel} ${binding}`;
      if (first < 0 || known.has(key)) continue;
      known.add(key);
      found.push(
        `kernel ${kernel} wrote past the end of ${binding}, a tensor of shape ${shape}: ${4 * first} bytes behind it`,
      );
    }
    return found;
  }

  private watch(dispatch: Dispatch): Dispatch {
    this.look();
    const { kernel, constants, conditions } = dispatch;
    const { bindings: declared, wgsl } = linkKernel(kernel, constants, conditions);
    const asksLength = /\barrayLength\b/.test(wgsl);
    const { maxStorageBufferBindingSize } = this.device.report.limits;
    const bindings = { ...dispatch.bindings };
    for (const { name, writable } of declared) {
      const tensor = bindings[name];
      const buffer = tensor?.storage.buffer;
      if (!writable || !tensor || !buffer) continue;
      const { storage, dtype, shape } = tensor;
      const start = storage.offset + align(tensor.bytes, 4);
      if (this.starts.get(buffer) !== start) continue;
      this.due.push({ kernel: kernel.name, binding: name, shape: `[${shape.join(', ')}]`, buffer, start });
      const reach = align(tensor.bytes, 4) + guardBytes;
      if (asksLength || reach > maxStorageBufferBindingSize) continue;
      const stretched = new Tensor(this.device, [reach / bytesPerElement[dtype]], dtype, storage);
      this.stretched.push(stretched);
      bindings[name] = stretched;
    }
    return { ...dispatch, bindings };
  }

  /** Copies the guard words of the latest dispatch. */
  private look(): void {
    if (this.due.length === 0) return;
    const { gpu } = this.device;
    runtimeOf(this.device).flush();
    const encoder = gpu.createCommandEncoder();
    for (const { buffer, start, ...what } of this.due.splice(0)) {
      const copy = gpu.createBuffer({
        size: guardBytes,
        usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      });
      encoder.copyBufferToBuffer(buffer, start, copy, 0, guardBytes);
      this.looks.push({ ...what, copy });
    }
    gpu.queue.submit([encoder.finish()]);
    for (const tensor of this.stretched.splice(0)) tensor.dispose();
  }
}
