/** Laying settings over each other: file, then flags, then `--set key=value`; and comparing and hashing the result. */

import { UsageError } from '../../../common/errors.ts';
import { type Json, type JsonObject, parseJson } from '../../../common/json.ts';
import { hash32 } from '../../../engine/core/random.ts';

/** A copy of `base` in which every value of `over` replaces the one of the same key; objects are merged, lists replaced. */
export function mergeConfig(base: JsonObject, over: JsonObject): JsonObject {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = merged[key];
    merged[key] = isObject(old) && isObject(value) ? mergeConfig(old, value) : value;
  }
  return merged;
}

/** Far more than any setting has; without a bound a long key would overflow the stack. */
const mostParts = 16;

/**
 * Applies `--set` arguments such as `optimiser.learningRate=0.01`, `data.excludeFolds=[9,10]` or `net=small`: the value is read
 * as JSON where it is JSON and as text otherwise; `null` removes a key.
 * @throws UsageError when an argument has no `=`, has too many parts or walks into a value that is not an object
 */
export function applyOverrides(base: JsonObject, assignments: readonly string[]): JsonObject {
  let result = base;
  for (const assignment of assignments) {
    const equals = assignment.indexOf('=');
    const key = assignment.slice(0, equals).trim();
    if (equals < 1 || key === '')
      throw new UsageError(`--set ${assignment}: write key=value, for example seed=2`);
    const path = key.split('.');
    if (path.length > mostParts)
      throw new UsageError(
        `--set ${key.slice(0, 40)}…: the key has ${path.length} parts; no setting has more than ${mostParts}`,
      );
    result = setPath(result, path, parseValue(assignment.slice(equals + 1)), key);
  }
  return result;
}

function setPath(target: JsonObject, path: string[], value: Json, key: string): JsonObject {
  const [head, ...rest] = path;
  if (head === '' || head === '__proto__')
    throw new UsageError(`--set ${key}: the key has an empty or forbidden part`);
  const copy = { ...target };
  if (rest.length === 0) {
    if (value === null) delete copy[head!];
    else copy[head!] = value;
    return copy;
  }
  const child = copy[head!] ?? {};
  if (!isObject(child)) throw new UsageError(`--set ${key}: "${head}" holds a value, not a group of keys`);
  copy[head!] = setPath(child, rest, value, key);
  return copy;
}

function parseValue(text: string): Json {
  try {
    return parseJson(text) as Json;
  } catch {
    return text;
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The dotted keys at which two configurations differ, in alphabetical order. */
export function differingKeys(a: Json | undefined, b: Json | undefined, prefix = ''): string[] {
  if (isObject(a) && isObject(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
    return keys.flatMap((key) => differingKeys(a[key], b[key], prefix === '' ? key : `${prefix}.${key}`));
  }
  return canonicalJson(a) === canonicalJson(b) ? [] : [prefix];
}

/** JSON text that does not depend on the order of keys: equal settings give equal text. */
export function canonicalJson(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const entries = Object.keys(value)
    .sort()
    .filter((key) => value[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${entries.join(',')}}`;
}

/** 64-bit hash of text as 16 hexadecimal digits: tells settings and lists of names apart, not meant against attackers. */
export function hashText(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    low = hash32(low, text.charCodeAt(i), 1);
    high = hash32(high, text.charCodeAt(i), 2);
  }
  return [high, low].map((word) => word.toString(16).padStart(8, '0')).join('');
}

/** Keys that say where a run is kept and how much is told about it, but do not change its numbers. */
const SILENT_KEYS = ['$schema', 'name', 'output', 'log', 'checkpoint', 'evaluation', 'stopEarly'];

/** Settings as a file has them: without keys that are undefined. */
export function plainSettings(config: object): JsonObject {
  return JSON.parse(JSON.stringify(config)) as JsonObject;
}

/** The settings that decide the numbers of a run. */
export function decisiveSettings(config: object): JsonObject {
  return Object.fromEntries(
    Object.entries(plainSettings(config)).filter(([key]) => !SILENT_KEYS.includes(key)),
  );
}

/** Hash of the settings that decide the numbers of a run. */
export function configHash(config: object): string {
  return hashText(canonicalJson(decisiveSettings(config)));
}
