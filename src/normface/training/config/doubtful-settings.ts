/** Settings that are allowed but cannot mean what they say. */

import type { TrainingConfig } from './config.ts';
import { idleSettings } from './idle-settings.ts';
import { dropsOf, scheduleOf } from './schedule.ts';

/**
 * Sentences on settings that will surprise: drops of the learning rate given in epochs or past the end of the run, a warm-up that
 * the run does not outlast, settings that do nothing beside another one, evaluations that never come.
 * @param totalSteps optimiser steps of the run
 * @param stepsPerEpoch steps of a pass over the images; by default the run is one pass
 */
export function doubtfulSettings(
  config: TrainingConfig,
  totalSteps: number,
  stepsPerEpoch = totalSteps,
): string[] {
  const { schedule, optimiser, evaluation, epochs } = config;
  const { kind, unit, milestones, every, warmupSteps } = schedule;
  const sentences: string[] = [];
  const key = kind === 'step' ? 'schedule.every' : 'schedule.milestones';
  const given = kind === 'step' ? [every!] : kind === 'multistep' ? milestones : [];
  const written = kind === 'step' ? String(every) : `[${milestones.join(', ')}]`;
  const drops = dropsOf(schedule, totalSteps, stepsPerEpoch);

  const last = given.at(-1) ?? 0;
  if (unit === 'step' && epochs !== undefined && totalSteps > epochs && last >= 1 && last <= epochs) {
    const fractions = given.map((position) => Number((position / epochs).toFixed(4)));
    sentences.push(
      `${key} ${written} counts steps, not epochs: of ${totalSteps} steps the rate drops at ${listed(drops)}; ` +
        `for epochs of ${epochs} write ${kind === 'step' ? fractions[0] : `[${fractions.join(', ')}]`}, or schedule.unit "epoch"`,
    );
  }
  const late = kind === 'step' ? drops.length === 0 : drops.some((step) => step >= totalSteps);
  if (given.length > 0 && late)
    sentences.push(
      `${key} ${written} is past the end of the run, which has ${totalSteps} steps: ` +
        (drops[0]! < totalSteps
          ? `the rate drops only at ${listed(drops.filter((step) => step < totalSteps))}`
          : 'the rate never drops'),
    );
  if (warmupSteps > 0 && warmupSteps >= totalSteps) {
    const end = scheduleOf(schedule, optimiser.learningRate, totalSteps, stepsPerEpoch)(totalSteps - 1);
    sentences.push(
      `schedule.warmupSteps ${warmupSteps} is not shorter than the run, which has ${totalSteps} steps: ` +
        `the rate still rises at its end, to ${Number(end.toPrecision(3))} of ${optimiser.learningRate}`,
    );
  } else if (drops[0]! < warmupSteps)
    sentences.push(
      `schedule.warmupSteps ${warmupSteps} is longer than the way to the first drop of the rate at step ${drops[0]}`,
    );
  sentences.push(...idleSettings(config));
  if (evaluation.everySteps > totalSteps)
    sentences.push(
      `evaluation.everySteps ${evaluation.everySteps} is more than the ${totalSteps} steps of the run: there will be no evaluation while training`,
    );
  const { stopEarly } = config;
  if (stopEarly && evaluation.everySteps * (stopEarly.patience + 1) > totalSteps)
    sentences.push(
      `stopEarly never acts: ${stopEarly.patience} evaluations after a first one, one every ${evaluation.everySteps} steps, are more than the ${totalSteps} steps of the run`,
    );
  return sentences;
}

/** "step 4" or "steps 4 and 8"; of many the first three. */
function listed(steps: readonly number[]): string {
  if (steps.length === 1) return `step ${steps[0]}`;
  if (steps.length > 3) return `steps ${steps.slice(0, 3).join(', ')} and so on`;
  return `steps ${steps.slice(0, -1).join(', ')} and ${steps.at(-1)}`;
}
