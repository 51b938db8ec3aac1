/** What one card gets in a training step. */

import { openIdle } from '../../src/inspector/compiled/idle-adapter.ts';
import { adapterOf, type Card } from '../../src/inspector/estimate/cards.ts';
import {
  choicesOf,
  describeDefault,
  type EstimatedChoice,
  estimateChoice,
} from '../../src/inspector/estimate/choices.ts';
import { parseConfig } from '../../src/normface/training/config/config.ts';
import { Objective } from '../../src/normface/training/objective.ts';

export type ChoiceTable = readonly EstimatedChoice[];

/** The step, in words. */
export const tableStep = 'center-face-resnet, batch 64, NormFace loss on 10,572 people, forward and backward';

const people = 10_572;

/** The choices that a card meets in the step, the largest share of its arithmetic first. */
async function openStep(card: Card) {
  const device = await openIdle(adapterOf(card));
  const config = parseConfig({ net: 'center-face-resnet', batchSize: 64, loss: { name: 'normface' } });
  const objective = new Objective(device, config, people);
  const choices = choicesOf(device, () => objective.forward().loss.backward());
  return { device, choices };
}

export async function tableOfCard(card: Card): Promise<ChoiceTable> {
  const { device, choices } = await openStep(card);
  const table = choices.map((choice) => estimateChoice(device, card, choice));
  device.close();
  return table;
}

/** The same without times, which take longer. */
export async function defaultsOfCard(
  card: Card,
): Promise<Pick<EstimatedChoice, 'operation' | 'work' | 'variant'>[]> {
  const { device, choices } = await openStep(card);
  device.close();
  return choices.map(describeDefault);
}
