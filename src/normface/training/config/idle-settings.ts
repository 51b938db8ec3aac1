/** Settings that do nothing beside another one. */

import { lossOf, lossSchema } from '../../losses/index.ts';
import type { LossConfig, TrainingConfig } from './config.ts';
import { configKeys } from './schema.ts';

/** Settings as they are looked at here. */
type Settings = Readonly<Record<string, unknown>>;

/** Some settings that do nothing, and the one that makes it so. */
interface Idle {
  readonly keys: readonly string[];
  readonly beside: string;
}

/** A sentence for each setting without effect; not for one that has its default, which need not have been written. */
export function idleSettings(config: TrainingConfig): string[] {
  const { schedule, optimiser, loss, auxiliaryLoss } = config;
  const defaults = configKeys.parse({});
  return [
    ...sentences('schedule.', [idleSchedule(schedule)], schedule, defaults.schedule),
    ...sentences('optimiser.', [idleOptimiser(optimiser)], optimiser, defaults.optimiser),
    ...lossSentences('loss.', loss),
    ...(auxiliaryLoss ? lossSentences('auxiliaryLoss.', auxiliaryLoss) : []),
  ];
}

function idleSchedule({ kind }: TrainingConfig['schedule']): Idle {
  const keys = [
    ...(kind === 'multistep' ? [] : ['milestones']),
    ...(kind === 'step' ? [] : ['every']),
    ...(kind === 'step' || kind === 'multistep' ? [] : ['gamma']),
    ...(kind === 'cosine' || kind === 'polynomial' ? [] : ['final']),
    ...(kind === 'polynomial' ? [] : ['power']),
    ...(kind === 'constant' ? ['unit'] : []),
  ];
  return { keys, beside: `schedule.kind "${kind}"` };
}

function idleOptimiser({ name }: TrainingConfig['optimiser']): Idle {
  return { keys: name === 'sgd' ? [] : ['momentum'], beside: `optimiser.name "${name}"` };
}

/** What a loss says of itself; and of a scale or a bias that is not learnt all but where it starts. */
function lossSentences(prefix: string, loss: LossConfig): string[] {
  const defaults = lossSchema.parse({ name: loss.name });
  const groups = Object.entries(loss as Settings).flatMap(([group, settings]) => {
    if (!isGroup(settings) || settings.learn !== false) return [];
    const keys = Object.keys(settings).filter((key) => key !== 'learn' && key !== 'initial');
    const idle = { keys, beside: `${prefix}${group}.learn false` };
    return sentences(`${prefix}${group}.`, [idle], settings, (defaults as Settings)[group] as Settings);
  });
  const own = (lossOf(loss).idle?.(loss) ?? []).map(({ keys, beside }) => ({
    keys,
    beside: `${prefix}${beside}`,
  }));
  return [...groups, ...sentences(prefix, own, loss, defaults)];
}

function sentences(prefix: string, idle: readonly Idle[], settings: Settings, defaults: Settings): string[] {
  return idle.flatMap(({ keys, beside }) =>
    keys
      .filter((key) => String(settings[key]) !== String(defaults[key]))
      .map((key) => `${prefix}${key} has no effect with ${beside}`),
  );
}

function isGroup(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
