/** Which variants a card gets where nothing was measured, and which ones a model of its time would take. */

import type { Runtime } from '../../engine/runtime/runtime.ts';
import { type Choice, describeKey, keyOf, type Variant } from '../../engine/tuning/choice.ts';
import type { Card } from './cards.ts';
import { estimateDispatch } from './estimate-step.ts';

/** A variant and the time that the model gives it. */
interface EstimatedVariant {
  readonly variant: string;
  readonly microseconds: number;
}

export interface EstimatedChoice extends EstimatedVariant {
  readonly operation: string;
  /** In words. */
  readonly work: string;
  /** The one with the least time. */
  readonly best: EstimatedVariant;
}

/** What there is to choose in a step, the largest share of its arithmetic first; choices inside choices are left out. */
export function choicesOf(device: Runtime, body: () => unknown): Choice<Variant>[] {
  const met = new Map<string, { readonly choice: Choice<Variant>; readonly flops: number }>();
  device.tuner.preferring(
    (_, __, choice) => {
      const { candidates = choice.variants, flops } = choice;
      const key = keyOf(choice);
      if (candidates.length > 1 && device.tuner.decisions.length === 0)
        met.set(key, { choice, flops: flops + (met.get(key)?.flops ?? 0) });
      return undefined;
    },
    () => device.sketch(body),
  );
  return [...met.values()].sort((a, b) => b.flops - a.flops).map(({ choice }) => choice);
}

export function describeDefault(
  choice: Choice<Variant>,
): Pick<EstimatedChoice, 'operation' | 'work' | 'variant'> {
  return { ...describeKey(keyOf(choice)), variant: choice.defaultVariant.name };
}

/** @param device an idle one of the card's adapter */
export function estimateChoice(device: Runtime, card: Card, choice: Choice<Variant>): EstimatedChoice {
  const { variants, candidates = variants, defaultVariant } = choice;
  const estimates = candidates.map((variant) => {
    const dispatches = device.dispatchesOf(() => choice.benchmark(variant));
    const microseconds = dispatches.reduce(
      (sum, dispatch) => sum + estimateDispatch(dispatch, card).microseconds,
      0,
    );
    return { variant: variant.name, microseconds: Number(microseconds.toPrecision(4)) };
  });
  const { microseconds } = estimates.find(({ variant }) => variant === defaultVariant.name)!;
  const best = estimates.reduce((a, b) => (b.microseconds < a.microseconds ? b : a));
  return { ...describeDefault(choice), microseconds, best };
}
