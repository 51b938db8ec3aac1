import type { Json, JsonObject } from '../../common/json.ts';
import { agree } from '../../engine/distributed/agree.ts';
import type { Communicator } from '../../engine/distributed/communicator.ts';
import { gatherBytes } from '../../engine/distributed/gather.ts';
import { canonicalJson, differingKeys } from '../training/config/overrides.ts';

/**
 * Checks that all ranks have the same settings. All ranks must call it.
 *
 * @throws UsageError on all ranks, with the first setting in which they differ, its values, and how many others there are
 */
export async function agreeOnSettings(ranks: Communicator, settings: JsonObject): Promise<void> {
  const texts = await gatherBytes(ranks, new TextEncoder().encode(canonicalJson(settings)));
  const [first, ...others] = texts.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)) as JsonObject);
  const keys = [...new Set(others.flatMap((other) => differingKeys(first, other)))].sort();
  const [key] = keys;
  if (key === undefined) return;
  const more = keys.length > 1 ? `, like ${keys.length - 1} other settings that differ,` : '';
  await agree(ranks, `the setting ${key}${more}`, canonicalJson(valueAt(settings, key)));
  // A name with dots in it is not found by its key.
  await agree(ranks, 'the configuration', canonicalJson(settings));
}

/** @param key with dots */
function valueAt(settings: JsonObject, key: string): Json | undefined {
  let value: Json | undefined = settings;
  for (const name of key.split('.')) value = (value as JsonObject | undefined)?.[name];
  return value;
}
