/** The folder of a run: `runs/<name>-NNN/` with its configuration, environment, log and checkpoints. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { makeFolders, reasonOf, replaceFile } from '../../../common/files.node.ts';
import { javascriptRuntime } from '../../../common/javascript-runtime.node.ts';
import { readJson } from '../../../common/json-file.node.ts';
import { parseConfig, type TrainingConfig } from '../config/config.ts';
import { type LogRecord, parseLog } from './log.ts';

/** Makes `root/<name>-NNN` with the next free number. @throws UserError when it cannot be made */
export function createRunFolder(root: string, name: string): string {
  try {
    makeFolders(root);
    const taken = fs.readdirSync(root).map((entry) => numberOf(entry, name) ?? 0);
    for (let number = Math.max(0, ...taken) + 1; ; number++) {
      const folder = path.join(root, `${name}-${String(number).padStart(3, '0')}`);
      try {
        fs.mkdirSync(folder);
        return folder;
      } catch (error) {
        // Another process may take the same number in the same moment.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  } catch (error) {
    throw new UserError(`cannot make a run folder in ${root}: ${reasonOf(error)}`);
  }
}

function numberOf(entry: string, name: string): number | undefined {
  const match = /^(.*)-(\d{3,})$/.exec(entry);
  return match?.[1] === name ? Number(match[2]) : undefined;
}

/** The run folder that a weights file lies in, `<run>/ckpt/step-N/weights.safetensors`, or undefined. */
export function runFolderOf(weightsFile: string): string | undefined {
  const folder = path.resolve(weightsFile, '../../..');
  return path.resolve(weightsFile, '../..') === path.join(folder, 'ckpt') ? folder : undefined;
}

/** Reads the configuration that a run was started with. */
export function readRunConfig(folder: string): TrainingConfig {
  const file = path.join(folder, 'config.json');
  return parseConfig(readJson(file), file);
}

/** Writes a value as indented JSON, as a whole or not at all. */
export function writeJson(file: string, value: unknown): void {
  replaceFile(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** The log of a run, or of one of the ranks that train together: rank 0 keeps the run's. */
export function logName(rank = 0): string {
  return rank === 0 ? 'log.jsonl' : `log.rank-${rank}.jsonl`;
}

/**
 * Appends one record, with the time, to the run's `log.jsonl`, the source of every curve of the run, or to what a rank other than 0
 * keeps beside it; half a line before it is ended first.
 */
export function appendLog(folder: string, record: LogRecord, rank = 0): void {
  const file = path.join(folder, logName(rank));
  try {
    const handle = fs.openSync(file, 'a+');
    try {
      const { size } = fs.fstatSync(handle);
      const last = Buffer.alloc(1);
      const isCut = size > 0 && fs.readSync(handle, last, 0, 1, size - 1) === 1 && last.toString() !== '\n';
      fs.appendFileSync(
        handle,
        `${isCut ? '\n' : ''}${JSON.stringify({ ...record, time: new Date().toISOString() })}\n`,
      );
    } finally {
      fs.closeSync(handle);
    }
  } catch (error) {
    throw new UserError(`cannot write ${file}: ${reasonOf(error)}`);
  }
}

/** The records of a run's log, or of that of a rank. @throws UserError when it cannot be read */
export function readLog(folder: string, rank = 0): LogRecord[] {
  const file = path.join(folder, logName(rank));
  try {
    return parseLog(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${reasonOf(error)}`);
  }
}

/** What a run ran on, for `environment.json`; `device` is the engine's report on the adapter. */
export function describeEnvironment(version: string, device: unknown): Record<string, unknown> {
  return {
    normface: version,
    runtime: javascriptRuntime(),
    platform: `${process.platform} ${process.arch}`,
    processor: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    device,
    git: gitCommit(),
  };
}

/** Commit of the working tree the program was started in and whether it was changed since; null outside of one. */
function gitCommit(): { commit: string; changed: boolean } | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
    });
  try {
    return {
      commit: git('rev-parse', 'HEAD').trim(),
      changed: git('status', '--porcelain', '-uno').trim() !== '',
    };
  } catch {
    return null;
  }
}
