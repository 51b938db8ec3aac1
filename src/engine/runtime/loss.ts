import { DeviceLostError } from '../core/errors.ts';

/** News of a loss may come later than what follows from it, such as a read that fails: so long is waited for it. */
const patience = 250;

/**
 * Why a device was lost, in an error; undefined if it was not. Ask it about an error of which one does not know where it comes from.
 * A device that was closed was not lost.
 */
export async function lossOf(device: {
  readonly gpu: GPUDevice;
  assertUsable(): void;
}): Promise<DeviceLostError | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patience);
  });
  await Promise.race([device.gpu.lost, wait]);
  clearTimeout(timer);
  try {
    device.assertUsable();
  } catch (error) {
    if (error instanceof DeviceLostError) return error;
  }
  return undefined;
}
