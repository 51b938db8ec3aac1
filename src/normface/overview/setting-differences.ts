/** In which settings runs differ. */

import type { Json, JsonObject } from '../../common/json.ts';
import { oneLine } from '../../common/printable.ts';
import { showValue } from '../../common/show-value.ts';
import type { Table } from '../../common/table.ts';
import { canonicalJson, differingKeys, hashText } from '../training/config/overrides.ts';

/** Settings that differ anyway, or say nothing of the run. */
const leftOut = ['$schema', 'name', 'output'];

export interface ComparedSettings {
  readonly name: string;
  readonly settings: JsonObject;
}

/** A row for each setting that is not the same in all runs; undefined where all are. */
export function settingsTable(runs: readonly ComparedSettings[]): Table | undefined {
  const all = runs.map(({ settings }) => comparable(settings));
  const keys = [...new Set(all.flatMap((one) => differingKeys(all[0], one)))].sort();
  if (keys.length === 0) return undefined;
  return {
    title: 'Settings that differ',
    columns: [{ header: 'setting' }, ...runs.map(({ name }) => ({ header: oneLine(name) }))],
    rows: keys.map((key) => [key, ...all.map((one) => valueText(valueAt(one, key)))]),
  };
}

/** Without what is left out; a net as data by its name and a few digits of its hash, since it has hundreds of settings. */
function comparable(settings: JsonObject): JsonObject {
  const kept = Object.fromEntries(Object.entries(settings).filter(([key]) => !leftOut.includes(key)));
  const { net } = kept;
  if (typeof net !== 'object' || net === null || Array.isArray(net)) return kept;
  return { ...kept, net: `${valueText(net.name)} (${hashText(canonicalJson(net)).slice(0, 8)})` };
}

function valueAt(settings: JsonObject, key: string): Json | undefined {
  let value: Json | undefined = settings;
  for (const part of key.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = value[part];
  }
  return value;
}

function valueText(value: Json | undefined): string {
  if (value === undefined || value === null) return '–';
  return oneLine(typeof value === 'string' ? value : showValue(value));
}
