import type { Tensor } from '../core/tensor.ts';

/** What the first word of a finding holds while nothing was found. */
export const clear = 0xffffffff;

/** The error for what a check found; the numbers are what its kernel wrote beside its serial number. */
type Describe = (numbers: readonly number[]) => Error;

/**
 * Checks on the device, whose outcome is thrown by the next read. A finding is the serial number of the first check that went wrong
 * and two numbers of its own.
 */
export class DebugTrap {
  /** Uploads whole numbers to a tensor that no scope owns. */
  private readonly upload: (words: readonly number[]) => Tensor;
  /** What to say of each check, by its serial number. */
  private readonly descriptions = new Map<number, Describe>();
  /** Serial numbers of eager work, on the device. Those of a captured step stay with it. */
  private eager = new Map<number, Tensor>();
  private serials = 0;
  private finding: Tensor | null = null;
  private verifying = false;

  constructor(upload: (words: readonly number[]) => Tensor) {
    this.upload = upload;
  }

  /** Dispatches a check, `captured` if the step is being recorded. */
  arm(captured: boolean, describe: Describe, check: (serial: Tensor, finding: Tensor) => void): void {
    this.finding ??= this.upload([clear, 0, 0]);
    const number = this.serials++;
    this.descriptions.set(number, describe);
    const serial = this.upload([number]);
    if (!captured) this.eager.set(number, serial);
    check(serial, this.finding);
  }

  /** Throws what the first check since the last call found. */
  async verify(): Promise<void> {
    if (!this.finding || this.verifying) return;
    this.verifying = true;
    const checked = this.eager;
    this.eager = new Map();
    try {
      const [serial, ...numbers] = await this.finding.read();
      if (serial === clear) return;
      this.finding.write([clear, 0, 0]);
      throw this.descriptions.get(serial!)!(numbers);
    } finally {
      for (const [number, tensor] of checked) {
        this.descriptions.delete(number);
        tensor.dispose();
      }
      this.verifying = false;
    }
  }
}
