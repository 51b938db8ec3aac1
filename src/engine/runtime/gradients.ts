import type { TensorScopes } from '../core/scopes.ts';
import type { GradientSlot, Tensor } from '../core/tensor.ts';
import type { LeafGradients } from './runtime.ts';

/** The gradients that one captured step has begun. */
interface Begun {
  /** Leaves that got a gradient, with the one that they had before. */
  readonly leaves: Map<Tensor, Tensor | null>;
  readonly slots: Set<GradientSlot>;
}

export class Gradients implements LeafGradients {
  private readonly scopes: TensorScopes;
  /** null: no step is being captured. */
  private begun: Begun | null = null;

  constructor(scopes: TensorScopes) {
    this.scopes = scopes;
  }

  of(leaf: Tensor): Tensor | null {
    return this.begun && !this.begun.leaves.has(leaf) ? null : leaf.gradient;
  }

  isWritten(slot: GradientSlot): boolean {
    if (this.begun && !this.begun.slots.has(slot)) {
      this.begun.slots.add(slot);
      slot.written = false;
    }
    return slot.written;
  }

  give(leaf: Tensor, gradient: Tensor): void {
    this.begun?.leaves.set(leaf, leaf.gradient);
    this.scopes.release(gradient);
    leaf.gradient = gradient;
  }

  /** Runs `body`, which captures a step: no leaf has a gradient at its start, and afterwards each has the one it had before. */
  ofStep<T>(body: () => T): T {
    const begun: Begun = { leaves: new Map(), slots: new Set() };
    this.begun = begun;
    try {
      return body();
    } finally {
      for (const [leaf, gradient] of begun.leaves) leaf.gradient = gradient;
      this.begun = null;
    }
  }
}
