/** How long what is left will take, by what was measured before. */

/** Work of one kind: the same net on images of one size in batches of one size. */
export interface TimedWork {
  readonly kind: string;
  readonly steps: number;
  readonly seconds: number;
}

/** Seconds for one step of each kind: of all its steps together. */
export function perStep(done: readonly TimedWork[]): Map<string, number> {
  const sums = new Map<string, { steps: number; seconds: number }>();
  for (const { kind, steps, seconds } of done) {
    if (steps <= 0 || seconds <= 0) continue;
    const sum = sums.get(kind) ?? { steps: 0, seconds: 0 };
    sums.set(kind, { steps: sum.steps + steps, seconds: sum.seconds + seconds });
  }
  return new Map([...sums].map(([kind, { steps, seconds }]) => [kind, seconds / steps]));
}

/** Of the arithmetic of a training step, forward and two products backward, a forward pass is about a third. */
export const forwardShare = 1 / 3;
