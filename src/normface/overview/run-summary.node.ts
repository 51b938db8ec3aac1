/** Reads what a run's folder says of it, however much of that is left. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../common/errors.ts';
import type { JsonObject } from '../../common/json.ts';
import { readJson } from '../../common/json-file.node.ts';
import { netOf } from '../nets/index.ts';
import { parseConfig, type TrainingConfig } from '../training/config/config.ts';
import { isInUse } from '../training/run/run-lock.node.ts';
import { bytesOf } from './find-runs.node.ts';
import { readImported } from './imported-run.node.ts';
import { type LogSummary, summariseLog } from './log-summary.node.ts';
import type { RunState, RunSummary } from './run-summary.ts';

/** More than any configuration has; nets as data are the largest part. */
const mostConfigBytes = 2 ** 23;

/** A run's configuration as it can be read. */
export interface ReadConfig {
  /** With the defaults of this version; undefined where it is not valid. */
  readonly config: TrainingConfig | undefined;
  /** As it stands in the file; undefined where that is not JSON. */
  readonly stored: JsonObject | undefined;
  readonly problem: string | null;
}

/** Reads `config.json` of a run, and says what is wrong with it. */
export function readConfigOf(folder: string): ReadConfig {
  const file = path.join(folder, 'config.json');
  let stored: JsonObject | undefined;
  try {
    const json = readJson(file, mostConfigBytes);
    if (json === null || typeof json !== 'object' || Array.isArray(json))
      throw new UserError(`${file} does not hold an object with settings`);
    stored = json;
    return { config: parseConfig(json, file), stored, problem: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { config: undefined, stored, problem: error.message };
  }
}

/** Looks at a run's folder. Whatever is wrong with it is told in `problem`. */
export function summariseRun(folder: string): RunSummary {
  const imported = readImported(folder);
  if (imported)
    return {
      ...{ folder, state: 'imported', problem: imported.problem, endedEarly: null },
      ...{ name: null, data: null, net: textOf(imported.net?.name), loss: null },
      ...{ step: 0, totalSteps: 0, lastLoss: null, best: null },
      ...{ started: imported.time, updated: imported.time, seconds: null, bytes: bytesOf(folder) },
    };
  const { config, stored, problem: configProblem } = readConfigOf(folder);
  let log: LogSummary | undefined;
  let logProblem: string | null = null;
  try {
    log = summariseLog(folder);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    logProblem = error.message;
  }
  const isTraining = isInUse(folder);
  // Of a process that has just begun the log is still to be written.
  const problems = [configProblem, isTraining ? null : logProblem, log ? damageOf(log) : null];
  const broken = configProblem !== null || (logProblem !== null && !isTraining);
  return {
    folder,
    state: broken ? 'broken' : stateOf(log, isTraining),
    problem: problems.filter((one) => one !== null).join('; ') || null,
    endedEarly: log?.endedEarly ?? null,
    name: textOf(stored?.name),
    data: config?.data.path ?? textOf((stored?.data as JsonObject | undefined)?.path),
    net: config ? nameOfNet(config) : textOf(stored?.net),
    loss: config ? lossOf(config) : textOf((stored?.loss as JsonObject | undefined)?.name),
    step: log?.step ?? null,
    totalSteps: log?.totalSteps ?? null,
    lastLoss: log?.lastLoss ?? null,
    best: log?.best ? { ...log.best, pairs: null, source: 'validation' } : null,
    started: log?.started ?? timeOf(path.join(folder, 'config.source.json')),
    updated: log?.updated ?? timeOf(path.join(folder, 'log.jsonl')),
    seconds: log?.seconds ?? null,
    bytes: bytesOf(folder),
  };
}

function stateOf(log: LogSummary | undefined, isTraining: boolean): RunState {
  if (isTraining) return 'running';
  if (log?.standing === 'done') return 'finished';
  return log?.standing === 'diverged' ? 'diverged' : 'interrupted';
}

/** A crash leaves one line cut off, which is no damage; more of them are. */
function damageOf({ damagedLines, attempts, skippedBytes }: LogSummary): string | null {
  const remarks = [
    ...(damagedLines > Math.max(1, attempts) ? [`${damagedLines} lines of log.jsonl are no records`] : []),
    ...(skippedBytes > 0 ? [`${skippedBytes} bytes in the middle of log.jsonl were not looked at`] : []),
  ];
  return remarks.join('; ') || null;
}

function nameOfNet({ net }: TrainingConfig): string {
  return typeof net === 'string' ? net : netOf(net).name;
}

/** "softmax", or "softmax + center". */
export function lossOf({ loss, auxiliaryLoss }: TrainingConfig): string {
  return auxiliaryLoss ? `${loss.name} + ${auxiliaryLoss.name}` : loss.name;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** When a file was last written, for logs of older versions, which have no times. */
function timeOf(file: string): string | null {
  const { mtime } = fs.statSync(file, { throwIfNoEntry: false }) ?? {};
  return mtime && Number.isFinite(mtime.getTime()) ? mtime.toISOString() : null;
}
