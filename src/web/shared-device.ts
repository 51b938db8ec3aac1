import { DeviceError } from '../engine/core/errors.ts';
import type { Device } from '../engine/core/tensor.ts';
import { openDevice } from '../engine/runtime/open.ts';

/** The one GPU device of the application: opened on first need, and anew after it was lost. */
export class SharedDevice {
  private readonly onLost: (reason: string) => void;
  private opening: Promise<Device> | null = null;
  private lost: DeviceError | null = null;
  /** Devices that were let go: that they end is no loss. */
  private readonly forgotten = new WeakSet<Device>();

  /** @param onLost told when the open device is lost without anybody having asked for it */
  constructor(onLost: (reason: string) => void) {
    this.onLost = onLost;
  }

  /** @throws DeviceError where there is no WebGPU, no adapter, or where the device was lost */
  open(): Promise<Device> {
    if (this.lost) return Promise.reject(this.lost);
    if (!this.opening) {
      const opening = this.start();
      this.opening = opening;
      // A failure is not kept: the next call tries again.
      opening.catch(() => {
        if (this.opening === opening) this.opening = null;
      });
    }
    return this.opening;
  }

  /** Lets the device go; the next `open` makes a new one. */
  forget(): void {
    const { opening } = this;
    this.opening = null;
    this.lost = null;
    opening?.then(
      (device) => {
        this.forgotten.add(device);
        device.close();
      },
      () => {}, // whoever waited for it was told
    );
  }

  private async start(): Promise<Device> {
    let device: Device;
    try {
      device = await openDevice();
    } catch (error) {
      if (error instanceof DeviceError) throw error;
      throw new DeviceError(`the GPU could not be opened: ${(error as Error).message}`);
    }
    device.gpu.lost.then(({ reason, message }) => {
      if (this.forgotten.has(device)) return;
      const [why] = (message || reason || 'no reason given').split('\n');
      this.lost = new DeviceError(`the GPU device was lost: ${why}`);
      this.onLost(why!);
    });
    return device;
  }
}
