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
  private looking = false;

  constructor(upload: (words: readonly number[]) => Tensor) {
    this.upload = upload;
  }

  get isArmed(): boolean {
    return this.finding !== null;
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

  /**
   * Lets `read` read the finding along with what it is about, and throws what the first check since the last call found.
   *
   * @param read gets what is to be read; null where nothing was checked, or where another call is about to look
   */
  async look<T>(
    read: (finding: Tensor | null) => Promise<{ readonly result: T; readonly words: ArrayLike<number> }>,
  ): Promise<T> {
    const { finding } = this;
    if (!finding || this.looking) return (await read(null)).result;
    this.looking = true;
    const checked = this.eager;
    this.eager = new Map();
    try {
      const { result, words } = await read(finding);
      const [serial, ...numbers] = Array.from(words);
      if (serial === clear) return result;
      finding.write([clear, 0, 0]);
      throw this.descriptions.get(serial!)!(numbers);
    } finally {
      for (const [number, tensor] of checked) {
        this.descriptions.delete(number);
        tensor.dispose();
      }
      this.looking = false;
    }
  }
}
