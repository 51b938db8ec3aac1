import type { StoredData } from '../core/data-type.ts';
import { DeviceError } from '../core/errors.ts';
import { align, type Storage } from './memory.ts';

/** Buffers for reading back are kept up to this size, unless somebody says that it reads again and again: weights are read rarely. */
const largestKeptStaging = 1 << 20;

/** A range of memory that is read. */
export interface Source {
  readonly storage: Storage;
  readonly bytes: number;
}

/** Copies between the host and buffers of one GPU, in the order of the calls. */
export class Transfers {
  private readonly queue: GPUQueue;
  private readonly gpu: GPUDevice;
  /** Buffers that nobody reads from at the moment, by size. */
  private readonly staging = new Map<number, GPUBuffer[]>();

  constructor(gpu: GPUDevice) {
    this.gpu = gpu;
    this.queue = gpu.queue;
  }

  /**
   * Writes data to a storage, filled up with zeros to a multiple of 4 bytes. The data may change after. Whole words are all that can be
   * written: f16 that end within one are refused where others follow.
   *
   * A ring of mapped buffers, filled and copied from, is no better: on 2 cores with Mesa 25.0.7 it took the host 0.045, 0.14
   * and 2.4 ms for 256 KiB, 1 MiB and 11 MiB where this takes 0.025, 0.085 and 5.2 ms, and steps that begin with an upload
   * took as long with either (0.45, 1.7 and 20 ms).
   */
  upload({ buffer, offset, root }: Storage, data: StoredData): void {
    if (!buffer)
      throw new DeviceError('write: the intermediates of a captured step cannot be written from the host');
    const source = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    const bytes = align(data.byteLength, 4);
    if (bytes === data.byteLength) this.queue.writeBuffer(buffer, offset, source);
    else {
      if (offset + data.byteLength < root.offset + root.bytes)
        throw new DeviceError(
          'write: an odd number of f16 cannot be written where others follow, of which the next one shares its four bytes with the last; write an even number of them',
        );
      const padded = new Uint8Array(bytes);
      padded.set(source);
      this.queue.writeBuffer(buffer, offset, padded);
    }
  }

  /**
   * What some ranges hold after the commands of an encoder, which are submitted with copies behind them: one submission and one
   * wait, however many ranges.
   *
   * @param isRepeated whether the same is read in every step
   * @throws DeviceError where there is nothing to read
   */
  async download(
    sources: readonly Source[],
    encoder: GPUCommandEncoder,
    isRepeated = false,
  ): Promise<ArrayBuffer[]> {
    const starts: number[] = [];
    let end = 0;
    for (const { storage, bytes } of sources) {
      if (!storage.buffer)
        throw new DeviceError(
          'read: this tensor has no memory; it was disposed of, or is an intermediate of a captured step that the step does not return',
        );
      starts.push(end);
      end += align(bytes, 4);
    }
    if (end === 0) {
      this.queue.submit([encoder.finish()]);
      return sources.map(() => new ArrayBuffer(0));
    }
    const size = align(end);
    const staging =
      this.staging.get(size)?.pop() ??
      this.gpu.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
    sources.forEach(({ storage, bytes }, i) => {
      encoder.copyBufferToBuffer(storage.buffer!, storage.offset, staging, starts[i]!, align(bytes, 4));
    });
    this.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, end);
    } catch (error) {
      throw new DeviceError(`read: the device gave no data back: ${(error as Error).message}`);
    }
    const mapped = staging.getMappedRange(0, end);
    const contents = sources.map(({ bytes }, i) => mapped.slice(starts[i]!, starts[i]! + bytes));
    staging.unmap();
    this.recycle(staging, isRepeated);
    return contents;
  }

  private recycle(staging: GPUBuffer, isRepeated: boolean): void {
    const list = this.staging.get(staging.size);
    if (staging.size > largestKeptStaging && !isRepeated) staging.destroy();
    else if (list) list.push(staging);
    else this.staging.set(staging.size, [staging]);
  }
}
