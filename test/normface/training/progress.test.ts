import { expect, test } from 'vitest';
import type { StepRecord } from '../../../src/normface/training/log.ts';
import { duration, Progress, statusLine } from '../../../src/normface/training/progress.ts';

const record = (step: number): StepRecord => ({
  event: 'step',
  step,
  epoch: 0.5,
  loss: 4.25,
  learningRate: 0.05,
  scale: 12.5,
  positiveCosine: 0.61,
  negativeCosine: 0.02,
  imagesPerSecond: 99.6,
  dataWait: 0.012,
});

function recorder(live: boolean) {
  const texts: string[] = [];
  let time = 0;
  const progress = new Progress(
    { live, columns: 200, write: (text) => texts.push(text) },
    100,
    0,
    () => time,
  );
  return {
    texts,
    progress,
    advance: (ms: number) => {
      time += ms;
    },
  };
}

test('a status line holds every number', () => {
  expect(statusLine(record(7), 120, 200, false)).toBe(
    'step   7/120 | loss 4.250 | s 12.50 | cos+ 0.610 cos- 0.020 | lr 0.050 | 100 img/s | data 1% | ETA 3m20s',
  );
  expect(statusLine({ ...record(7), bound: 0.0213 }, 120, 200, false)).toContain(
    'loss 4.250 (bound 0.021) |',
  );
  expect(statusLine({ ...record(60), scale: undefined }, 120, 5, true)).toMatch(
    /^\[======== {8}\] {2}60\/120 \| loss 4.250 \| cos\+/,
  );
});

test('without a terminal a plain line comes every few seconds and at the end', () => {
  const { texts, progress, advance } = recorder(false);
  for (let step = 1; step <= 100; step++) {
    advance(200);
    progress.update(record(step));
  }
  expect(texts).toHaveLength(5);
  expect(texts[1]).toMatch(/^step {2}26\/100 .* ETA 15s\n$/);
  expect(texts.at(-1)).toMatch(/^step 100\/100 .*\n$/);
});

test('on a terminal one line is rewritten, and messages do not run into it', () => {
  const { texts, progress, advance } = recorder(true);
  progress.update(record(1));
  progress.update(record(2));
  advance(150);
  progress.update(record(3));
  progress.say('saved');
  progress.end();
  const bar = `[${' '.repeat(16)}]`;
  const starts = texts.map((text) => text.split(' | ')[0]);
  expect(starts).toEqual([`\r${bar}   1/100`, `\r${bar}   3/100`, '\n', 'saved\n']);
});

test('the time left counts only what this process did', () => {
  const texts: string[] = [];
  let time = 0;
  const progress = new Progress(
    { live: false, columns: 80, write: (text) => texts.push(text) },
    100,
    90,
    () => time,
  );
  time = 10_000;
  progress.update(record(95));
  expect(texts[0]).toContain('ETA 10s');
});

test('durations', () => {
  expect([0, 59.4, 60, 3599, 7500, -3].map(duration)).toEqual([
    '0s',
    '59s',
    '1m00s',
    '59m59s',
    '2h05m',
    '0s',
  ]);
});
