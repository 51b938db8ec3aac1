import type { Phase } from '../core/phase.ts';
import { synchronous } from '../core/synchronous.ts';

/** Which operator call, and which part of a program, the dispatches that are being recorded belong to. */
export class OperatorCalls {
  private readonly passes: { readonly operator: string; readonly phase: Phase }[] = [];
  private calls = 0;
  private current: string | null = null;

  /** See `Device.within`. */
  within<T>(operator: string, body: () => T, phase: Phase = 'forward'): T {
    if (this.passes.length === 0) this.calls++;
    this.passes.push({ operator, phase });
    try {
      return synchronous('within', body());
    } finally {
      this.passes.pop();
    }
  }

  /** The outermost operator that is being called, and in which pass. */
  get pass(): { readonly operator: string; readonly phase: Phase } | undefined {
    return this.passes[0];
  }

  /** See `Runtime.inPart`. */
  inPart<T>(name: string | null, body: () => T): T {
    const previous = this.current;
    this.current = name;
    try {
      return synchronous('inPart', body());
    } finally {
      this.current = previous;
    }
  }

  get part(): string | null {
    return this.current;
  }

  /** Number of the latest call. */
  get latest(): number {
    return this.calls;
  }

  /** Number of the call that a dispatch belongs to: a kernel that no operator calls is a call of its own. */
  ofDispatch(): number {
    return this.passes.length === 0 ? ++this.calls : this.calls;
  }
}
