/** In which settings runs differ. */

import type { JsonObject } from '../../common/json.ts';
import { oneLine } from '../../common/printable.ts';
import { showValue } from '../../common/show-value.ts';
import type { Table } from '../../common/table.ts';
import { canonicalJson, hashText } from '../training/config/overrides.ts';
import { flatSettings } from '../training/tensorboard/run-events.ts';

/** Settings that differ anyway, or say nothing of the run. */
const leftOut = ['$schema', 'name', 'output'];

export interface ComparedSettings {
  readonly name: string;
  readonly settings: JsonObject;
  /** Of an imported net: it has few settings, and differs in these alone. */
  readonly summary?: { readonly state: string };
}

/** A row for each setting that is not the same in all runs; undefined where all are. */
export function settingsTable(runs: readonly ComparedSettings[]): Table | undefined {
  const all = runs.map(({ settings }) => flatSettings(comparable(settings)));
  const keys = [...new Set(all.flatMap((one) => [...one.keys()]))].sort();
  const rows = keys.flatMap((key) => {
    const values = all.map((one) => one.get(key));
    const counted = values.filter(
      (value, k) => value !== undefined || runs[k]!.summary?.state !== 'imported',
    );
    return new Set(counted).size > 1 ? [[key, ...values.map(valueText)]] : [];
  });
  if (rows.length === 0) return undefined;
  return {
    title: 'Settings that differ',
    columns: [{ header: 'setting' }, ...runs.map(({ name }) => ({ header: oneLine(name) }))],
    rows,
  };
}

/** Without what is left out; a net as data by its name and a few digits of its hash, since it has hundreds of settings. */
function comparable(settings: JsonObject): JsonObject {
  const kept = Object.fromEntries(Object.entries(settings).filter(([key]) => !leftOut.includes(key)));
  const { net } = kept;
  if (typeof net !== 'object' || net === null || Array.isArray(net)) return kept;
  const name = typeof net.name === 'string' ? net.name : 'net';
  return { ...kept, net: `${name} (${hashText(canonicalJson(net)).slice(0, 8)})` };
}

function valueText(value: string | number | boolean | undefined): string {
  if (value === undefined) return '–';
  return oneLine(typeof value === 'string' ? value : showValue(value));
}
