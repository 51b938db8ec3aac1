/** Runs the items of a section in other processes: whatever an item does to the driver, the report goes on. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { endText, lastErrorLine } from '../../src/common/child-process.node.ts';
import type { Message, Outcome, Section, SectionReport } from './section.ts';

export interface RunOptions {
  /** Program and arguments of a process that works from item number `from` on. */
  readonly command: (section: string, from: number) => readonly [program: string, ...words: string[]];
  /** Milliseconds for the whole section. */
  readonly limitMs: number;
  /** Told of every item. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

type Described = Pick<Section, 'name' | 'title' | 'about' | 'itemSeconds'>;

/** A process that dies before it has begun an item twice in a row will not do better the third time. */
const mostStarts = 2;

/** Runs a section to its end, or to the end of its time. Never rejects for what a process does. */
export async function runSection(section: Described, options: RunOptions): Promise<SectionReport> {
  const { name, title, about } = section;
  const outcomes: Outcome[] = [];
  const end = performance.now() + options.limitMs;
  let names: readonly string[] | null = null;
  let failure: string | null = null;
  for (let starts = 0; starts < mostStarts && performance.now() < end; ) {
    const before = outcomes.length;
    const run = await runOnce(section, options, outcomes, end);
    names = run.names ?? names;
    if (run.finished) {
      failure = null;
      break;
    }
    failure = outcomes.length === before ? run.why : null;
    starts = outcomes.length === before ? starts + 1 : 0;
    if (names && outcomes.length >= names.length) break;
  }
  return { name, title, about, outcomes, left: (names ?? []).slice(outcomes.length), failure };
}

interface Run {
  readonly names: readonly string[] | null;
  readonly finished: boolean;
  /** How the process ended. */
  readonly why: string;
}

const timeIsOver = 'the time of the section was over';

/** One process: from the first item that has no outcome until it ends or is ended. */
async function runOnce(
  { name: section, itemSeconds }: Described,
  { command, onOutcome }: RunOptions,
  outcomes: Outcome[],
  end: number,
): Promise<Run> {
  const [program, ...words] = command(section, outcomes.length);
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const lastLine = lastErrorLine(child);
  let names: readonly string[] | null = null;
  let begun: { readonly index: number; readonly at: number } | null = null;
  let stopped: string | null = null;
  const stop = (why: string): void => {
    stopped ??= why;
    child.kill('SIGKILL');
  };
  const whole = setTimeout(() => stop(timeIsOver), end - performance.now());
  let each: NodeJS.Timeout | undefined;
  const add = (outcome: Omit<Outcome, 'name' | 'seconds'>): void => {
    clearTimeout(each);
    if (!begun) return;
    const seconds = (performance.now() - begun.at) / 1000;
    const whole = { name: names?.[begun.index] ?? `item ${begun.index}`, seconds, ...outcome };
    begun = null;
    outcomes.push(whole);
    onOutcome?.(whole);
  };
  for await (const line of createInterface(child.stdout!)) {
    const message = parse(line);
    if (!message) continue;
    if ('items' in message) names = message.items;
    else if ('begun' in message) {
      begun = { index: message.begun, at: performance.now() };
      each = setTimeout(() => stop(`it took longer than ${itemSeconds} s`), 1000 * itemSeconds);
    } else if ('finding' in message) add({ finding: message.finding, failure: null });
    else add({ finding: null, failure: message.failure });
  }
  if ((child.exitCode ?? child.signalCode) === null) await once(child, 'exit');
  clearTimeout(whole);
  const why = stopped ?? endText(child, lastLine());
  // What the time did not last for is no fault of its own.
  if (why !== timeIsOver) add({ finding: null, failure: why });
  return { names, finished: child.exitCode === 0, why };
}

/** Libraries may print as well; what is no message of ours is none. */
function parse(line: string): Message | null {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null ? (message as Message) : null;
  } catch {
    return null;
  }
}
