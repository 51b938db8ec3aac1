import { OutOfMemoryError } from '../core/errors.ts';
import type { AdapterReport } from './adapter.ts';
import type { Failures } from './failures.ts';
import { align, BufferPool, bindingAlignment } from './memory.ts';

/** The device that memory is taken from. */
interface AllocationHost {
  readonly gpu: GPUDevice;
  readonly report: AdapterReport;
  createBuffer(bytes: number): GPUBuffer;
  /** Submits what was recorded eagerly. */
  flush(): void;
}

/** The memory of one GPU, and what is done when it is short: news of that arrive late, after what was refused is in use. */
export class Allocations {
  readonly pool: BufferPool;
  private readonly device: AllocationHost;
  private readonly failures: Failures;

  constructor(device: AllocationHost, failures: Failures) {
    this.device = device;
    this.failures = failures;
    const { maxBufferSize } = device.report.limits;
    const most = maxBufferSize - (maxBufferSize % bindingAlignment);
    this.pool = new BufferPool((bytes) => device.createBuffer(bytes), most);
  }

  /** A buffer for kernels. Where it is refused, the next read throws that, and what is pooled and unused has been given back. */
  createBuffer(bytes: number): GPUBuffer {
    const { pool, device } = this;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = this.failures.watch(
      'out-of-memory',
      () => device.gpu.createBuffer({ size: align(bytes), usage }),
      () => {
        const { reserved } = pool;
        // Commands that are recorded may use what is free.
        device.flush();
        pool.trim(buffer);
        return new OutOfMemoryError(
          `out of GPU memory: ${bytes} bytes on top of ${reserved} pooled ones were refused; use a smaller batch or a smaller net`,
        );
      },
    );
    return buffer;
  }

  /** See {@link Device.allocating}. */
  async allocating<T>(make: () => T, discard: (made: T) => void): Promise<T> {
    for (let isSecond = false; ; isSecond = true) {
      const made = make();
      try {
        await this.failures.throwFirst();
        return made;
      } catch (error) {
        discard(made);
        if (isSecond || !(error instanceof OutOfMemoryError)) throw error;
      }
      // Until then nothing is free that the work under way uses, and what followed from the refusal is still to be reported.
      await this.device.gpu.queue.onSubmittedWorkDone();
      this.failures.forget();
    }
  }
}
