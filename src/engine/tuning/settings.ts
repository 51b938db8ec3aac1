import { synchronous } from '../core/synchronous.ts';

/** A constant of kernels that may be chosen freely: the results do not depend on it, the time does. */
export interface FreeConstant {
  readonly name: string;
  /** What is used unless something else was asked for. */
  readonly defaultValue: number;
  /** Why that, in words. */
  readonly why: string;
}

/** How much of a large piece of work is done at once. With lower limits, small work takes the same ways as large. */
export interface WorkLimits {
  /** Most bytes of a class matrix that one binding holds; no more than the adapter can bind in any case. */
  readonly classWindowBytes: number;
  /** Most bytes of the transformed arrays of a Winograd convolution; larger batches take several passes. */
  readonly winogradBytes: number;
}

const usualLimits: WorkLimits = { classWindowBytes: Number.POSITIVE_INFINITY, winogradBytes: 1 << 28 };

/**
 * The free constants of the kernels of one device: workgroup sizes, strides, tiles. Code that picks one asks here, so that a
 * person can try other values and learn why the defaults are what they are.
 */
export class Settings {
  private limited = usualLimits;
  private given: Readonly<Record<string, number>> = {};
  private met: Map<string, FreeConstant> | null = null;

  /** The value to compile in: the one that was asked for, else `defaultValue`. */
  choose(name: string, defaultValue: number, why: string): number {
    this.met?.set(name, { name, defaultValue, why });
    return this.given[name] ?? defaultValue;
  }

  get limits(): WorkLimits {
    return this.limited;
  }

  /** Runs `body` with some limits lowered. */
  limiting<T>(limits: Partial<WorkLimits>, body: () => T): T {
    const previous = this.limited;
    this.limited = { ...previous, ...limits };
    try {
      return body();
    } finally {
      this.limited = previous;
    }
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
      return { result: synchronous('trying', body()), free };
    } finally {
      [this.given, this.met] = previous;
    }
  }
}
