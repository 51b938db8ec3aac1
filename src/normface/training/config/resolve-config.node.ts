/** The configuration of a new run, or of one that is resumed, from file, flags and `--set`. */

import path from 'node:path';
import { UsageError, UserError } from '../../../common/errors.ts';
import type { Json, JsonObject } from '../../../common/json.ts';
import { readJson } from '../../../common/json-file.node.ts';
import { defaultLoss } from '../../losses/names.ts';
import { isNetFile, readNet } from '../../nets/net-file.node.ts';
import { parseConfig, type TrainingConfig } from './config.ts';
import { applyOverrides, decisiveSettings, differingKeys, mergeConfig } from './overrides.ts';

export interface ConfigSources {
  /** A JSON file. */
  readonly file?: string;
  /** What flags say, by key. */
  readonly flags: JsonObject;
  /** `key=value` assignments; they win. */
  readonly set: readonly string[];
}

export interface ResolvedConfig {
  readonly config: TrainingConfig;
  /** The same as the person gave it, without defaults; a net that is in a file in the place of its name. */
  readonly source: JsonObject;
}

/** Lays the sources over each other and checks the result. @throws UsageError */
export function resolveConfig({ file, flags, set }: ConfigSources, base: JsonObject = {}): ResolvedConfig {
  const read = file === undefined ? base : readConfigFile(file);
  if (typeof read !== 'object' || read === null || Array.isArray(read))
    throw new UsageError(`${file} does not hold an object with settings`);
  const settings = file === undefined ? read : besideFile(read, file);
  const source = withNet(applyOverrides(overlay(settings, flags), set));
  return { config: parseConfig(withLossName(source), file), source };
}

/** Settings of a file whose net is in a file, too: that one is named as seen from the folder of the first. */
function besideFile(settings: JsonObject, file: string): JsonObject {
  const { net } = settings;
  return typeof net === 'string' && isNetFile(net)
    ? { ...settings, net: path.resolve(path.dirname(file), net) }
    : settings;
}

/** Puts the net in the place of the file it is in, so that the run keeps it whatever becomes of the file. */
function withNet(settings: JsonObject): JsonObject {
  const { net } = settings;
  if (typeof net !== 'string' || !isNetFile(net)) return settings;
  return { ...settings, net: asUsage(() => readNet(net)) as unknown as JsonObject };
}

/** @throws UsageError: a configuration that does not exist, or is none, is a wrong configuration */
function readConfigFile(file: string): Json {
  return asUsage(() => readJson(file));
}

function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw new UsageError(error.message);
    throw error;
  }
}

/** Options of the loss alone, such as `--set loss.bias=false`, are those of the default loss. */
function withLossName(source: JsonObject): JsonObject {
  const { loss } = source;
  const isNameless =
    typeof loss === 'object' && loss !== null && !Array.isArray(loss) && loss.name === undefined;
  return isNameless ? { ...source, loss: { name: defaultLoss, ...loss } } : source;
}

/** Merges flags into the settings of a file; a flag that names another loss or length replaces the file's as a whole. */
function overlay(settings: JsonObject, flags: JsonObject): JsonObject {
  const base = { ...settings };
  const lossName = (from: JsonObject) => (from.loss as JsonObject | undefined)?.name;
  if (lossName(flags) !== undefined && lossName(flags) !== lossName(base)) delete base.loss;
  if (flags.steps !== undefined) delete base.epochs;
  if (flags.epochs !== undefined) delete base.steps;
  return mergeConfig(base, flags);
}

const precisionOf = ({ precision = 'f32' }: TrainingConfig) => precision;

/**
 * The configuration of a resumed run with changes laid over it.
 * @param force accept changes of settings that decide the run's numbers
 * @param precision of the checkpoint: only what was trained with f16 has a loss scale
 * @throws UsageError naming the changed keys, unless forced; for another precision in any case
 */
export function resolveResumed(
  original: TrainingConfig,
  changes: Omit<ConfigSources, 'file'>,
  force: boolean,
  precision = precisionOf(original),
): ResolvedConfig {
  const resolved = resolveConfig(changes, JSON.parse(JSON.stringify(original)) as JsonObject);
  const wanted = precisionOf(resolved.config);
  if (wanted !== precision)
    throw new UsageError(
      `the resumed run was trained with precision ${precision} and cannot go on with ${wanted}; start a new run with --from to change it`,
    );
  const changed = differingKeys(decisiveSettings(original), decisiveSettings(resolved.config));
  const isOtherNet = changed.some((key) => key === 'net' || key.startsWith('net.'));
  if (isOtherNet && !force && typeof resolved.config.net !== 'string') {
    throw new UsageError(
      `the net ${resolved.config.net.name} is not what it was when the resumed run was started (${changed.join(', ')}); ` +
        'leave it out to go on with the net that the run keeps, or start a new run with --from',
    );
  }
  if (changed.length > 0 && !force) {
    throw new UsageError(
      `the resumed run was started with other settings (${changed.join(', ')}); add --force to change them on the way`,
    );
  }
  return resolved;
}
