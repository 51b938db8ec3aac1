import type { CapturedStep } from '../../engine/runtime/captured-step.ts';
import { workOf } from '../../engine/runtime/parts.ts';
import type { PassTimes } from '../../engine/runtime/pass-clock.ts';
import { passText } from '../../engine/runtime/prepared.ts';

/** What a pass of a training step does for the most part. */
export type PassKind = 'forward' | 'reverse' | 'update';

/** A pass of the GPU with a name: the operators that it begins and ends with. */
export interface NamedPass extends PassTimes {
  readonly name: string;
  readonly kind: PassKind;
}

/** Operators that change parameters. */
const updates = new Set(['SGD', 'Adam', 'AdamW', 'RowSubset']);

export function namedPass({ dispatches }: CapturedStep<unknown>, pass: PassTimes): NamedPass {
  const own = dispatches.slice(pass.first, pass.end);
  const names = [...new Set([own[0]!, own.at(-1)!].map(passText))];
  const work: Record<PassKind, number> = { forward: 0, reverse: 0, update: 0 };
  for (const { operator, phase, dispatch } of own) {
    const kind = updates.has(operator) ? 'update' : phase === 'backward' ? 'reverse' : 'forward';
    work[kind] += workOf(dispatch.cost);
  }
  const kinds = Object.keys(work) as PassKind[];
  return {
    ...pass,
    name: names.join(' … '),
    kind: kinds.reduce((a, b) => (work[b] > work[a] ? b : a)),
  };
}
