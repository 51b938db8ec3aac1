/** Going on after the GPU device was lost: a driver that was reset or updated, a computer that was asleep. */

import { UserError } from '../../../common/errors.ts';
import { DeviceError, DeviceLostError } from '../../../engine/core/errors.ts';
import type { Device } from '../../../engine/core/tensor.ts';
import { lossOf } from '../../../engine/runtime/loss.ts';
import { runtimeOf } from '../../../engine/runtime/runtime.ts';

/** Losses that a run may have at one and the same checkpoint: what is lost there again and again is lost for a reason. */
export const mostLosses = 3;

/** Pauses in milliseconds before further attempts to open a device: a driver needs some time after a reset. */
const pauses = [1000, 2000, 4000, 8000];

export interface LossOptions {
  /** Opens another device; without it a loss ends the run. */
  readonly reopen: (() => Promise<Device>) | undefined;
  readonly wait?: (milliseconds: number) => Promise<void>;
}

/** Where a run stands when the device was lost. */
export interface Standing {
  /** Steps at the checkpoint that it goes on from; 0 where it begins again. */
  readonly step: number;
  /** That checkpoint's folder. */
  readonly checkpoint: string | undefined;
  /** Said after the error that ends the run: how to go on later. */
  readonly advice: string;
}

/** The losses of a run. */
export class Losses {
  private readonly options: LossOptions;
  private step = -1;
  private count = 0;

  constructor(options: LossOptions) {
    this.options = options;
  }

  /**
   * The loss that an error comes from.
   *
   * @throws the error if it does not come from a loss, if nobody can open another device, or if it was lost here too often
   */
  async accept(
    error: unknown,
    device: Device,
    { step, checkpoint, advice }: Standing,
  ): Promise<DeviceLostError> {
    const loss = error instanceof UserError ? undefined : await lossOf(runtimeOf(device));
    if (!loss) throw error;
    this.count = step === this.step ? this.count + 1 : 1;
    this.step = step;
    if (!this.options.reopen) throw loss;
    if (this.count < mostLosses) return loss;
    const where = checkpoint
      ? `since the checkpoint of step ${step}, ${checkpoint}, which is intact`
      : 'before the first checkpoint';
    throw new DeviceLostError(`${loss.message}, ${this.count} times in a row ${where}; ${advice}`);
  }

  /** Opens another device. @throws DeviceError if there is none after all pauses */
  async reopen(): Promise<Device> {
    const { reopen, wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) } = this.options;
    for (const pause of pauses) {
      try {
        return await reopen!();
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error;
      }
      await wait(pause);
    }
    return reopen!();
  }
}
