/** What a run's log says in the end, without parsing its many lines: only those that are needed become records. */

import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../../common/errors.ts';
import { reasonOf } from '../../common/files.node.ts';
import { parseJson } from '../../common/json.ts';
import { regularFileSizeSync } from '../../common/regular-file.node.ts';
import type { ValidationRecord } from '../training/run/log.ts';

/** A log of up to so many bytes is read as a whole; of a larger one so many at its beginning, and the rest of them at its end. */
const mostBytes = 2 ** 24;
const headBytes = 2 ** 20;

/** Of `time` the ISO 8601 text of the log; null where it does not say. */
export interface LogSummary {
  /** Of the newest beginning: a run that is resumed may have got more steps. */
  readonly totalSteps: number | null;
  /** Steps done. */
  readonly step: number;
  /** Of the last logged step; null before the first, and where it is no number. */
  readonly lastLoss: number | null;
  /** What the last of the events that begin or end training is; null where there is none. */
  readonly standing: 'begun' | 'done' | 'interrupted' | 'diverged' | null;
  /** Why evaluations ended the training before its last step; null where they did not. */
  readonly endedEarly: string | null;
  /** The validation with the highest accuracy; the first of equals. */
  readonly best: Pick<ValidationRecord, 'protocol' | 'accuracy' | 'step'> | null;
  readonly started: string | null;
  readonly updated: string | null;
  /** Time between beginnings and the last lines before the next ones: pauses do not count. */
  readonly seconds: number | null;
  /** Times that training began or was resumed. */
  readonly attempts: number;
  /** Lines that are no records. */
  readonly damagedLines: number;
  /** Bytes in the middle of a large log that were not looked at. */
  readonly skippedBytes: number;
}

type Fields = Readonly<Record<string, unknown>> & { readonly step: number; readonly event: unknown };

/** Reads the log of a run's folder. @throws UserError when it cannot be read, or holds no record at all */
export function summariseLog(folder: string): LogSummary {
  const file = path.join(folder, 'log.jsonl');
  const { parts, skippedBytes } = readParts(file);
  const summary = new Summary();
  for (const part of parts) for (const line of linesOf(part)) summary.add(line);
  return { ...summary.result(file), skippedBytes };
}

/** The log, or its beginning and its end; the end without the line that it begins within. */
function readParts(file: string): { parts: Buffer[]; skippedBytes: number } {
  try {
    const size = regularFileSizeSync(file, Number.MAX_SAFE_INTEGER);
    const handle = fs.openSync(file, 'r');
    try {
      if (size <= mostBytes) return { parts: [readAt(handle, 0, size)], skippedBytes: 0 };
      const head = readAt(handle, 0, headBytes);
      const tail = readAt(handle, size - (mostBytes - headBytes), mostBytes - headBytes);
      const [headEnd, tailStart] = [head.lastIndexOf(newline) + 1, tail.indexOf(newline) + 1];
      return {
        parts: [head.subarray(0, headEnd), tail.subarray(tailStart)],
        skippedBytes: size - headEnd - (tail.length - tailStart),
      };
    } finally {
      fs.closeSync(handle);
    }
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${reasonOf(error)}`);
  }
}

const newline = 0x0a;

/** So many bytes, or those that are there: the file may be shortened meanwhile. */
function readAt(handle: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  for (let read = -1; filled < length && read !== 0; filled += read)
    read = fs.readSync(handle, bytes, filled, length - filled, position + filled);
  return bytes.subarray(0, filled);
}

function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(newline, start);
    const end = found < 0 ? bytes.length : found;
    if (end > start) yield bytes.subarray(start, end);
    start = end + 1;
  }
}

/** How the lines of steps begin, most of all lines: they wait until one of them is needed. */
const stepLine = Buffer.from('{"event":"step",');

/** The log, line by line: as {@link parseLog} it forgets what an earlier attempt logged after the step where the next one begins. */
class Summary {
  private steps: Buffer[] = [];
  private validations: { readonly protocol: string; readonly accuracy: number; readonly step: number }[] = [];
  /** The last two lines: a crash may have cut the very last one off. */
  private recent: Buffer[] = [];
  private step = 0;
  private totalSteps: number | null = null;
  private standing: LogSummary['standing'] = null;
  private endedEarly: string | null = null;
  private started: string | null = null;
  private begun: string | null = null;
  private seconds: number | null = null;
  private attempts = 0;
  private damagedLines = 0;
  private records = 0;

  add(line: Buffer): void {
    if (line.subarray(0, stepLine.length).equals(stepLine)) {
      this.steps.push(line);
      this.recent = [...this.recent.slice(-1), line];
      this.records++;
      return;
    }
    const record = recordOf(line);
    if (!record) {
      this.damagedLines++;
      return;
    }
    this.records++;
    const { event, step } = record;
    if (event === 'step') this.steps.push(line);
    else if (event === 'validation') this.addValidation(record);
    else if (event === 'start' || event === 'resume') this.begin(record);
    else if (event === 'done' || event === 'interrupted' || event === 'diverged') {
      this.standing = event;
      this.endedEarly = event === 'done' && typeof record.reason === 'string' ? record.reason : null;
    }
    this.step = step;
    this.recent = [...this.recent.slice(-1), line];
  }

  private addValidation({ protocol, accuracy, step }: Fields): void {
    if (typeof protocol === 'string' && typeof accuracy === 'number')
      this.validations.push({ protocol, accuracy, step });
  }

  private begin({ step, totalSteps, time }: Fields): void {
    this.endAttempt();
    this.validations = this.validations.filter((one) => one.step <= step);
    while (this.steps.length > 0 && !((recordOf(this.steps.at(-1)!)?.step ?? Number.NaN) <= step))
      this.steps.pop();
    this.attempts++;
    this.standing = 'begun';
    this.endedEarly = null;
    this.totalSteps = typeof totalSteps === 'number' ? totalSteps : this.totalSteps;
    this.begun = isTime(time) ? time : null;
    this.started ??= this.begun;
  }

  /** Adds the time from the beginning of the attempt to its last line. */
  private endAttempt(): string | null {
    const end = this.recent.map((line) => recordOf(line)?.time).findLast(isTime);
    if (end === undefined) return null;
    if (this.begun !== null) {
      const seconds = (Date.parse(end) - Date.parse(this.begun)) / 1000;
      this.seconds = (this.seconds ?? 0) + Math.max(0, seconds);
    }
    return end;
  }

  result(file: string): Omit<LogSummary, 'skippedBytes'> {
    if (this.records === 0) {
      const what = this.damagedLines === 0 ? 'is empty' : 'holds no records';
      throw new UserError(`${file} ${what}`);
    }
    const updated = this.endAttempt();
    const lastStep = this.lastStep();
    const { totalSteps, standing, endedEarly, started, seconds, attempts, damagedLines } = this;
    const step = Math.max(this.step, lastStep?.step ?? 0);
    const lastLoss = typeof lastStep?.loss === 'number' ? lastStep.loss : null;
    const best = this.validations.reduce<LogSummary['best']>(
      (top, one) => (top && top.accuracy >= one.accuracy ? top : one),
      null,
    );
    return {
      ...{ totalSteps, step, lastLoss, standing, endedEarly, best },
      ...{ started, updated, seconds, attempts, damagedLines },
    };
  }

  /** The newest line of a step that is a record; a crash may have cut the last one off. */
  private lastStep(): Fields | undefined {
    for (let line = this.steps.pop(); line; line = this.steps.pop()) {
      const record = recordOf(line);
      if (record) return record;
      this.damagedLines++;
    }
    return undefined;
  }
}

function recordOf(line: Buffer): Fields | undefined {
  try {
    const record = parseJson(line.toString('utf8')) as Fields | null;
    return typeof record?.step === 'number' && Number.isFinite(record.step) ? record : undefined;
  } catch {
    return undefined;
  }
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && Number.isFinite(Date.parse(value));
}
