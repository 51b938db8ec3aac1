/** What a training would take on a card that is not here: its step is captured on a device that does nothing, and timed by a model. */

import { SilentCommunicator } from '../engine/distributed/silent.ts';
import type { CardName } from '../inspector/estimate/card-names.ts';
import type { TrainingConfig } from '../normface/training/config/config.ts';
import { Model } from '../normface/training/model.ts';
import type { ModelMemory } from '../normface/training/model-memory.ts';
import type { RuledParameters } from '../normface/training/parameter-rules.ts';

export interface Estimated {
  /** The card's full name. */
  readonly card: string;
  /** Of a rank. */
  readonly memory: ModelMemory;
  /** Of one rank's part of a step: what ranks send is not in it. */
  readonly secondsPerStep: number;
  /** What is frozen, and whose rates are others. */
  readonly ruled: RuledParameters;
}

/** @throws DeviceError where the card's limits do not allow it; UsageError where a pattern of the configuration matches nothing */
export async function estimateTraining(
  config: TrainingConfig,
  people: number,
  { ranks, card: name }: { readonly ranks: number; readonly card: CardName },
): Promise<Estimated> {
  const [{ adapterOf, cards }, { estimateStep }, { openIdle }, { globals }] = await Promise.all([
    import('../inspector/estimate/cards.ts'),
    import('../inspector/estimate/estimate-step.ts'),
    import('../inspector/compiled/idle-adapter.ts'),
    import('webgpu'),
  ]);
  // The constants of WebGPU, which come with an implementation.
  Object.assign(globalThis, globals);
  const card = cards[name];
  const device = await openIdle(adapterOf(card));
  const exchange = ranks > 1 ? { communicator: new SilentCommunicator(ranks) } : null;
  const model = new Model(device, config, people, exchange);
  const { stepMicroseconds } = estimateStep(model.captured, card, '');
  const { memory, ruled } = model;
  model.dispose();
  device.close();
  return { card: card.name, memory, secondsPerStep: stepMicroseconds / 1e6, ruled };
}
