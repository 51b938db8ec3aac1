/** TensorBoard's event file of a run, beside its log. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '../../../common/errors.ts';
import { reasonOf } from '../../../common/files.node.ts';
import type { LogRecord } from '../run/log.ts';
import { type EventContent, encodeEvent } from './event.ts';
import { configurationText, flatSettings, scalarsOf } from './run-events.ts';
import { tfRecord } from './tf-record.ts';

/** What names of event files begin with; the time follows, in seconds since 1970. */
const PREFIX = 'events.out.tfevents.';

/**
 * A new event file. Readers take the files of a folder in the order of their names, and the first event of this one tells them to
 * forget what earlier files say of steps that are taken again. Each event is written at once: after a crash the file ends with a whole
 * one, or with half of one, at which readers stop.
 */
export class EventFile {
  readonly path: string;
  private readonly handle: number;
  private readonly now: () => number;

  /**
   * @param firstStep steps done before
   * @throws UserError when the file cannot be written
   */
  constructor(runFolder: string, config: object, firstStep: number, now: () => number = Date.now) {
    this.now = now;
    try {
      this.path = path.join(runFolder, freeName(runFolder, now()));
      this.handle = fs.openSync(this.path, 'ax');
    } catch (error) {
      throw new UserError(`cannot write an event file into ${runFolder}: ${reasonOf(error)}`);
    }
    // The next step, or that of everything where training begins: what stands there is void when it begins again at the same place.
    const from = firstStep === 0 ? 0 : firstStep + 1;
    this.write(0, { kind: 'version' });
    this.write(from, { kind: 'start' });
    this.write(from, { kind: 'text', tag: 'configuration', text: configurationText(config) });
    this.write(from, { kind: 'settings', values: flatSettings(config) });
  }

  /** Adds the curves of a record, where it has any. @throws UserError when they cannot be written */
  add(record: LogRecord): void {
    const values = scalarsOf(record);
    if (values.size > 0) this.write(record.step, { kind: 'scalars', values });
  }

  close(): void {
    fs.closeSync(this.handle);
  }

  private write(step: number, content: EventContent): void {
    const bytes = tfRecord(encodeEvent(this.now() / 1000, step, content));
    try {
      for (let written = 0; written < bytes.length; )
        written += fs.writeSync(this.handle, bytes, written, bytes.length - written);
    } catch (error) {
      throw new UserError(`cannot write ${this.path}: ${reasonOf(error)}`);
    }
  }
}

/** A name behind those of all event files that are there, whatever the clock says. */
function freeName(runFolder: string, now: number): string {
  const taken = fs
    .readdirSync(runFolder)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => Number.parseInt(name.slice(PREFIX.length), 10))
    .filter(Number.isSafeInteger);
  const seconds = Math.max(Math.floor(now / 1000), ...taken.map((time) => time + 1));
  // Ten digits, so that the order of names is that of times.
  const time = String(seconds).padStart(10, '0');
  return `${PREFIX}${time}.${os.hostname().replaceAll(/[^A-Za-z0-9._-]/g, '-')}.${process.pid}`;
}
