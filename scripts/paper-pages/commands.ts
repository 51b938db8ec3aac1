/** The commands that train a job: what its settings change of a configuration file. */

import type { Json, JsonObject } from '../../src/common/json.ts';
import type { Job } from '../../src/normface/paper/jobs/job.ts';
import { canonicalJson, plainSettings } from '../../src/normface/training/config/overrides.ts';

/** Given by flags, without any effect on the numbers, or a place on a machine. */
const elsewhere = ['seed', 'evaluation', 'checkpoint', 'data.path', 'data.pairs'];

/** `--set` arguments that make the settings of a job out of those of a file. */
export function overridesOf(job: Job, file: JsonObject): string[] {
  const wanted = plainSettings(job.config);
  return Object.entries(wanted).flatMap(([key, value]) => changes(key, file[key], value));
}

function changes(key: string, from: Json | undefined, to: Json): string[] {
  if (elsewhere.includes(key) || canonicalJson(from) === canonicalJson(to)) return [];
  const isGroup = key !== 'loss' && isObject(from) && isObject(to);
  // A kind with settings of its own is replaced as a whole, and so is a loss.
  if (isGroup && from.kind === to.kind && Object.keys(from).every((name) => name in to))
    return Object.entries(to).flatMap(([name, value]) => changes(`${key}.${name}`, from[name], value));
  return [`${key}=${typeof to === 'string' ? to : JSON.stringify(to)}`];
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a job's run is called. */
export function runName({ key }: Job): string {
  return key.replace(/^tables-/, '').replace(/-s\d+$/, '');
}

/** The commands of a job and of what it starts from, in their order. @param path of the configuration file */
export function commandsOf(job: Job, path: string, file: JsonObject): string[] {
  const start = job.start?.job;
  const words = [
    'npx normface train',
    path,
    `--name ${runName(job)}`,
    ...(start ? [`--from runs/${runName(start)}-001`] : []),
    ...overridesOf(job, file).map((override) =>
      /^[\w.=-]+$/.test(override) ? `--set ${override}` : `--set '${override}'`,
    ),
  ];
  return [...(start ? commandsOf(start, path, file) : []), words.join(' ')];
}
