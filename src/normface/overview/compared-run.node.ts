/** A run as it is compared: settings, curves, and the evaluations of its checkpoints. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../common/errors.ts';
import type { JsonObject } from '../../common/json.ts';
import { readText } from '../../common/text.node.ts';
import { type LogRecord, parseLog, type StepRecord, type ValidationRecord } from '../training/run/log.ts';
import { type Evaluations, evaluationsOf, type RunEvaluation } from './evaluations.node.ts';
import { readImported } from './imported-run.node.ts';
import { readConfigOf, summariseRun } from './run-summary.node.ts';
import type { RunSummary } from './run-summary.ts';

export interface ComparedRun {
  /** What it is called: the name of its folder, or its path where two folders have one name. */
  readonly name: string;
  readonly summary: RunSummary;
  /** With the defaults of this version where it is valid, else as it is stored; of an imported net only the net. */
  readonly settings: JsonObject;
  readonly steps: readonly StepRecord[];
  readonly validations: readonly ValidationRecord[];
  /** Parameters of net and loss together; null where the log does not say. */
  readonly parameters: number | null;
  readonly evaluations: readonly RunEvaluation[];
}

/** Two hundred thousand steps that are all logged. Larger logs are for programs that read them line by line. */
const mostLogBytes = 2 ** 26;

/**
 * Reads runs that are to be compared.
 *
 * @throws UserError when one of them is no run, or its log cannot be read; one that has no log has no curves
 */
export function readCompared(folders: readonly string[], evaluations: Evaluations): ComparedRun[] {
  const base = (folder: string) => path.basename(path.resolve(folder));
  const isUnique = new Set(folders.map(base)).size === folders.length;
  return folders.map((folder) => {
    const imported = readImported(folder);
    if (imported)
      return {
        name: isUnique ? base(folder) : folder,
        summary: summariseRun(folder),
        settings: imported.net ? { net: imported.net } : {},
        ...{ steps: [], validations: [], parameters: null },
        evaluations: evaluationsOf(folder, evaluations),
      };
    const { config, stored, problem } = readConfigOf(folder);
    if (!stored) throw new UserError(`${folder} is not the folder of a run: ${problem}`);
    const file = path.join(folder, 'log.jsonl');
    // As an empty log: the summary says what is wrong.
    const records = fs.existsSync(file) ? parseLog(readText(file, file, mostLogBytes)) : [];
    return {
      name: isUnique ? base(folder) : folder,
      summary: summariseRun(folder),
      settings: config ? (JSON.parse(JSON.stringify(config)) as JsonObject) : stored,
      steps: records.filter(isStep),
      validations: records.filter(isValidation),
      parameters: parametersOf(records),
      evaluations: evaluationsOf(folder, evaluations),
    };
  });
}

/** A log may have been changed by hand: a step without a loss is no point of a curve, nor is one at infinity. */
function isStep(record: LogRecord): record is StepRecord {
  return record.event === 'step' && Number.isFinite(record.step) && typeof record.loss === 'number';
}

function isValidation(record: LogRecord): record is ValidationRecord {
  return (
    record.event === 'validation' &&
    Number.isFinite(record.step) &&
    typeof record.accuracy === 'number' &&
    typeof record.protocol === 'string'
  );
}

function parametersOf(records: readonly LogRecord[]): number | null {
  const start = records.findLast(({ event }) => event === 'start' || event === 'resume');
  const parameters = start && 'parameters' in start ? start.parameters : undefined;
  return typeof parameters === 'number' ? parameters : null;
}
