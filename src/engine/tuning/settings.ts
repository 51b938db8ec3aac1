/** A constant of kernels that may be chosen freely: the results do not depend on it, the time does. */
export interface FreeConstant {
  readonly name: string;
  /** What is used unless something else was asked for. */
  readonly shipped: number;
  /** Why that, in words. */
  readonly why: string;
}

/**
 * The free constants of the kernels of one device: workgroup sizes, strides, tiles. Code that picks one asks here, so that a
 * person can try other values and learn why the shipped ones are what they are.
 */
export class Settings {
  private given: Readonly<Record<string, number>> = {};
  private met: Map<string, FreeConstant> | null = null;

  /** The value to compile in: the one that was asked for, else `shipped`. */
  choose(name: string, shipped: number, why: string): number {
    this.met?.set(name, { name, shipped, why });
    return this.given[name] ?? shipped;
  }

  /**
   * Runs `body` with some constants given by hand.
   *
   * @returns what it returned, and the constants that it could choose
   */
  trying<T>(
    given: Readonly<Record<string, number>>,
    body: () => T,
  ): { readonly result: T; readonly free: ReadonlyMap<string, FreeConstant> } {
    const previous = [this.given, this.met] as const;
    const free = new Map<string, FreeConstant>();
    this.given = given;
    this.met = free;
    try {
      return { result: body(), free };
    } finally {
      [this.given, this.met] = previous;
    }
  }
}
