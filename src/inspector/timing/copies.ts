import { bytesPerElement, fromStored } from '../../engine/core/data-type.ts';
import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import type { KernelArgument } from '../../engine/runtime/kernel.ts';

/** The beginning of a tensor as a dispatch left it. */
export interface Contents {
  readonly tensor: KernelArgument;
  /** Name of the binding. */
  readonly name: string;
  readonly values: ArrayLike<number>;
}

interface Copy extends Omit<Contents, 'values'> {
  readonly buffer: GPUBuffer;
  readonly from: number;
  readonly offset: number;
  readonly count: number;
  /** A multiple of four, as copies need. */
  readonly bytes: number;
}

/** Copies of what each dispatch of a step writes, taken right after it: later ones reuse the memory. */
export class Copies {
  private readonly copies: readonly (readonly Copy[])[];
  private readonly readable: GPUBuffer;

  /** @param most values of each tensor */
  constructor(gpu: GPUDevice, { dispatches, places }: CapturedStep<unknown>, most: number) {
    let size = 0;
    this.copies = dispatches.map(({ kernel, tensors }, index) =>
      kernel.bindings.flatMap(({ name, writable }, i) => {
        if (!writable) return [];
        const tensor = tensors[i]!;
        const count = Math.min(tensor.size, most);
        const bytes = Math.ceil((count * bytesPerElement[tensor.dtype]) / 4) * 4;
        const offset = size;
        size += bytes;
        const { buffer, offset: from } = places[index]![i]!;
        return [{ tensor, name, buffer, from, offset, count, bytes }];
      }),
    );
    this.readable = gpu.createBuffer({
      size: Math.max(size, 4),
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  }

  /** After the pass of a dispatch. */
  encode(encoder: GPUCommandEncoder, dispatch: number): void {
    for (const { buffer, from, offset, bytes } of this.copies[dispatch]!)
      encoder.copyBufferToBuffer(buffer, from, this.readable, offset, bytes);
  }

  /** Waits for the submitted commands. @returns what each dispatch wrote */
  async read(): Promise<Contents[][]> {
    try {
      await this.readable.mapAsync(GPUMapMode.READ);
      const memory = this.readable.getMappedRange();
      return this.copies.map((copies) =>
        copies.map(({ tensor, name, offset, count }) => ({
          tensor,
          name,
          values: fromStored(tensor.dtype, memory, offset, count).slice(),
        })),
      );
    } finally {
      this.readable.destroy();
    }
  }
}
