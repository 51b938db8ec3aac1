import { fromStored, type TensorData } from '../core/data-type.ts';
import { check, formatShape } from '../core/errors.ts';
import type { KernelArgument } from './kernel.ts';
import type { Source } from './transfers.ts';

/** The device that tensors are read from. */
export interface ReadHost {
  /**
   * What some ranges hold after the work issued so far, copied with one submission.
   *
   * @param encoder commands to submit with the copies, in place of those that are recorded and not submitted
   * @param isRepeated whether the same is read in every step, so that memory is kept for it, however much
   */
  download(
    sources: readonly Source[],
    encoder?: GPUCommandEncoder,
    isRepeated?: boolean,
  ): Promise<ArrayBuffer[]>;
}

/** Copies the contents of several tensors to the host, with one submission and one wait: see {@link ReadHost.download}. */
export async function readTogether(
  device: ReadHost,
  tensors: readonly KernelArgument[],
  encoder?: GPUCommandEncoder,
  isRepeated = false,
): Promise<TensorData[]> {
  for (const { isDisposed, shape } of tensors)
    check(
      !isDisposed,
      'read',
      () => `a tensor of shape ${formatShape(shape)} was used after it was disposed of`,
    );
  const contents = await device.download(tensors, encoder, isRepeated);
  return tensors.map(({ dtype }, i) => fromStored(dtype, contents[i]!));
}
