/**
 * What goes on of the losses of another run beside net and class weights: a threshold, a learnt scale, running numbers. They fit the class
 * weights that they were trained with, but mean something in the same loss only.
 */

import fs from 'node:fs';
import path from 'node:path';
import type { Json, JsonObject } from '../../../common/json.ts';
import { readJson } from '../../../common/json-file.node.ts';
import type { TrainingConfig } from '../config/config.ts';
import { runFolderOf } from './run-folder.node.ts';

/** The main loss and the auxiliary one, by name, as far as they are known. */
interface LossNames {
  readonly loss?: string | undefined;
  readonly auxiliaryLoss?: string | undefined;
}

/** What a weights file says of the losses it was trained with. */
export function lossMetadata({ loss, auxiliaryLoss }: TrainingConfig): Record<string, string> {
  return { loss: loss.name, ...(auxiliaryLoss && { auxiliaryLoss: auxiliaryLoss.name }) };
}

/** The losses of a weights file, as it says or, for files of older versions, the configuration of its run; none where nothing tells. */
export function lossesOf(file: string, metadata: Record<string, string>): LossNames {
  const { loss, auxiliaryLoss } = metadata;
  if (loss !== undefined) return { loss, auxiliaryLoss };
  const run = runFolderOf(file);
  const settings = run === undefined ? undefined : path.join(run, 'config.json');
  if (settings === undefined || !fs.existsSync(settings)) return {};
  // Not `readRunConfig`: settings that are no longer allowed are no reason to refuse the weights.
  const config = readJson(settings);
  return { loss: nameOf(at(config, 'loss')), auxiliaryLoss: nameOf(at(config, 'auxiliaryLoss')) };
}

/**
 * Which parameters of the losses go on: those of a loss that the other run had in the same place, unless the configuration says itself where
 * they start. A parameter `loss.bias` has its start in `loss.bias.initial`.
 * @param source the configuration without defaults: a start that nobody wrote is none that was wanted
 */
export function goesOnFrom(
  before: LossNames,
  config: TrainingConfig,
  source: JsonObject,
): (name: string) => boolean {
  return (name) => {
    const [prefix, group] = name.split('.') as [string, string];
    const place = prefix === 'auxiliary' ? 'auxiliaryLoss' : 'loss';
    const hasStart = at(at(at(source, place), group), 'initial') !== undefined;
    return before[place] === config[place]?.name && !hasStart;
  };
}

/** The value of a key; undefined where there is no object that has it. */
function at(value: Json | undefined, key: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[key] : undefined;
}

function nameOf(loss: Json | undefined): string | undefined {
  const name = at(loss, 'name');
  return typeof name === 'string' ? name : undefined;
}
