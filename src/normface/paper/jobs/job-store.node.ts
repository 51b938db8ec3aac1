/** The folder of jobs: `<hash>/job.json` says what was trained and measured, `<hash>/run-001` is the training. */

import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../../common/errors.ts';
import { makeFolders, reasonOf } from '../../../common/files.node.ts';
import type { JsonObject } from '../../../common/json.ts';
import { readJson } from '../../../common/json-file.node.ts';
import { completeCheckpoints, latestCheckpoint } from '../../training/checkpoint/checkpoint.node.ts';
import { canonicalJson, differingKeys, hashText } from '../../training/config/overrides.ts';
import { writeJson } from '../../training/run/run-folder.node.ts';
import { lockName, RunLock } from '../../training/run/run-lock.node.ts';
import type { JobIdentity } from './job-identity.node.ts';
import { trainerSchema } from './trained-by.node.ts';

/** Keys of later versions stay, so that the checksum holds and a version between does not throw away what is trained. */
const record = z.looseObject({
  format: z.literal(1),
  key: z.string(),
  /** Decisive settings with the schema's defaults of the day. */
  settings: z.record(z.string(), z.json()),
  /** How training ended; absent while it has not. `seconds` are those in which it ran. */
  trained: z
    .looseObject({ steps: z.number(), seconds: z.number().nullable(), diverged: z.string().optional() })
    .optional(),
  /** Who trained it, where a training was gone on with several; records of before this was kept have none. */
  trainedBy: z.array(trainerSchema).optional(),
  /** By the hash of each measure. */
  measures: z.record(
    z.string(),
    z.looseObject({ name: z.string(), images: z.number(), seconds: z.number(), value: z.json() }),
  ),
});

export type JobRecord = z.output<typeof record>;

/** A number of a job has some hundred bytes; with this much something else lies there. */
const mostBytes = 2 ** 26;

export class JobStore {
  readonly folder: string;
  private readonly warn: (text: string) => void;
  private readonly warned = new Set<string>();

  /** @param warn is told, once for each job, what is kept but cannot be used */
  constructor(folder: string, warn: (text: string) => void) {
    this.folder = path.resolve(folder);
    this.warn = warn;
  }

  folderOf({ hash }: Pick<JobIdentity, 'hash'>): string {
    return path.join(this.folder, hash);
  }

  private fileOf(identity: Pick<JobIdentity, 'hash'>): string {
    return path.join(this.folderOf(identity), 'job.json');
  }

  /** What is kept of a job; undefined where there is nothing, or nothing that can be used, which is said. */
  read(identity: JobIdentity): JobRecord | undefined {
    const file = this.fileOf(identity);
    const found = readRecord(file);
    if (found === undefined) return undefined;
    if (typeof found === 'string') return this.unusable(file, found);
    // An option that is new since is not in the record, and none of its settings named it.
    const changed = differingKeys(found.settings as JsonObject, identity.settings).filter((key) =>
      has(found.settings as JsonObject, key),
    );
    if (changed.length > 0)
      return this.unusable(file, `was trained with other defaults: ${changed.join(', ')}`);
    return found;
  }

  private unusable(file: string, why: string): undefined {
    if (!this.warned.has(file)) this.warn(`${file} ${why}; the job is done again`);
    this.warned.add(file);
    return undefined;
  }

  /**
   * Makes the folder of a job that has no usable record ready: what is trained under settings that are not known to be its own goes
   * away.
   */
  begin(identity: JobIdentity, key: string): JobRecord {
    const known = this.read(identity);
    if (known) return known;
    this.clear(identity);
    const empty: JobRecord = { format: 1, key, settings: identity.settings, measures: {} };
    this.write(identity, empty);
    return empty;
  }

  private clear(identity: JobIdentity): void {
    const folder = this.folderOf(identity);
    const entries = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
    for (const entry of entries)
      if (entry !== lockName) fs.rmSync(path.join(folder, entry), { recursive: true, force: true });
  }

  /** For what changes a job. @throws InUseError while another process has it in hand */
  lock(identity: JobIdentity): RunLock {
    const folder = this.folderOf(identity);
    makeFolders(folder);
    return new RunLock(folder);
  }

  write(identity: JobIdentity, record: JobRecord): void {
    writeJson(this.fileOf(identity), { ...record, checksum: checksumOf(record) });
  }

  /** The newest run of a job, and its newest checkpoint. */
  findRun(identity: JobIdentity): { folder: string; checkpoint: string | undefined } | undefined {
    const root = this.folderOf(identity);
    const runs = fs.existsSync(root) ? fs.readdirSync(root).filter((name) => /^run-\d{3,}$/.test(name)) : [];
    const folders = runs.sort().map((name) => path.join(root, name));
    const folder = folders.findLast((one) => latestCheckpoint(one) !== undefined) ?? folders.at(-1);
    return folder === undefined ? undefined : { folder, checkpoint: latestCheckpoint(folder) };
  }

  /** Removes the checkpoints of a job from which nothing starts and of which all is measured; log and settings stay. */
  removeCheckpoints(identity: JobIdentity): void {
    const run = this.findRun(identity);
    if (!run) return;
    // The newest last: a process that ends in the middle leaves a run that is whole, or none.
    for (const checkpoint of completeCheckpoints(run.folder))
      fs.rmSync(checkpoint, { recursive: true, force: true });
    fs.rmSync(path.join(run.folder, 'ckpt'), { recursive: true, force: true });
  }
}

/** The record in a file, or why there is none that can be used; undefined without a file. @throws UserError where it cannot be opened */
function readRecord(file: string): JobRecord | string | undefined {
  try {
    fs.closeSync(fs.openSync(file, 'r'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    // It may be whole: what is trained must not go away for that.
    throw new UserError(`cannot read ${file}: ${reasonOf(error)}`);
  }
  let json: unknown;
  try {
    json = readJson(file, mostBytes);
  } catch {
    return 'is damaged';
  }
  const parsed = record.extend({ checksum: z.string() }).safeParse(json);
  if (!parsed.success) return 'is not what this version writes';
  const { checksum, ...found } = parsed.data;
  return checksum === checksumOf(found) ? found : 'is damaged';
}

function checksumOf(record: JobRecord): string {
  return hashText(canonicalJson(JSON.parse(JSON.stringify(record)) as JsonObject));
}

/** Whether an object has a value at a dotted key. */
function has(object: JsonObject, key: string): boolean {
  let value: unknown = object;
  for (const part of key.split('.')) {
    if (typeof value !== 'object' || value === null || !(part in value)) return false;
    value = (value as Record<string, unknown>)[part];
  }
  return true;
}
