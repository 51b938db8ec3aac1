import type { Tensor } from '../core/tensor.ts';

/** What the first word of a finding holds while nothing was found. */
export const clear = 0xffffffff;

/** The error for what a check found; the numbers are what its kernel wrote beside its serial number. */
type Describe = (numbers: readonly number[]) => Error;

/**
 * When what checks find counts: at once; once the step that they are of is known to be taken, which a kernel finds out; or never, of numbers
 * that may be infinite.
 */
export type Checking = 'at-once' | 'if-taken' | 'never';

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
  /** What counts, and what may come to count. */
  private finding: Tensor | null = null;
  private tentative: Tensor | null = null;
  /** Serial numbers of eager work in `tentative`. */
  private waiting = new Map<number, Tensor>();
  private checking: Checking = 'at-once';
  private looking = false;

  constructor(upload: (words: readonly number[]) => Tensor) {
    this.upload = upload;
  }

  get isArmed(): boolean {
    return this.finding !== null;
  }

  /** Dispatches a check, `captured` if the step is being recorded. */
  arm(captured: boolean, describe: Describe, check: (serial: Tensor, finding: Tensor) => void): void {
    if (this.checking === 'never') return;
    this.finding ??= this.upload([clear, 0, 0]);
    const isTentative = this.checking === 'if-taken';
    if (isTentative) this.tentative ??= this.upload([clear, 0, 0]);
    const number = this.serials++;
    this.descriptions.set(number, describe);
    const serial = this.upload([number]);
    if (!captured) (isTentative ? this.waiting : this.eager).set(number, serial);
    check(serial, isTentative ? this.tentative! : this.finding);
  }

  /** Whatever is checked in `body` counts then. */
  within<T>(checking: Checking, body: () => T): T {
    const before = this.checking;
    this.checking = checking;
    try {
      return body();
    } finally {
      this.checking = before;
    }
  }

  /**
   * For a kernel that knows whether the step is taken: if so, it hands on what was found to what counts, where that is clear; in any case it
   * clears it. Null where nothing is checked.
   */
  settle(): { readonly tentative: Tensor; readonly finding: Tensor } | null {
    const { tentative, finding } = this;
    for (const [number, serial] of this.waiting) this.eager.set(number, serial);
    this.waiting = new Map();
    return tentative && finding && { tentative, finding };
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
