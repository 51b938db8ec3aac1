import { expect, test } from 'vitest';
import { duration, Progress, Stage, statusLine } from '../../../src/normface/training/progress.ts';
import type { StepRecord } from '../../../src/normface/training/run/log.ts';

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

function recorder(live: boolean, firstStep = 0) {
  const texts: string[] = [];
  let time = 0;
  const sink = {
    live,
    columns: 200,
    show: (line: string) => void texts.push(line),
    keep: () => void texts.push('(kept)'),
    clear: () => void texts.push('(cleared)'),
  };
  const now = () => time;
  const shown = () => texts.filter((text) => !text.startsWith('('));
  return {
    texts,
    shown,
    sink,
    now,
    progress: () => new Progress(sink, 100, firstStep, now),
    advance: (ms: number) => {
      time += ms;
    },
  };
}

const plain = { live: false, columns: 80 };

test('a status line holds every number, the time left in front of those that may not fit', () => {
  expect(statusLine(record(7), 120, 200, plain)).toBe(
    'step   7/120 | ETA 3m20s | loss 4.250 | s 12.50 | cos+ 0.610 cos- 0.020 | lr 0.050 | 100 img/s | data 1%',
  );
  expect(statusLine({ ...record(7), bound: 0.0213 }, 120, 200, plain)).toContain(
    'loss 4.250 (bound 0.021) |',
  );
  expect(statusLine({ ...record(7), featureNorm: 23.456, sampleMargin: 0.4444 }, 120, 200, plain)).toContain(
    'cos- 0.020 | |f| 23.5 m 0.444 | lr',
  );
  expect(statusLine({ ...record(60), scale: undefined }, 120, 5, { live: true, columns: 200 })).toMatch(
    /^\[======== {8}\] {2}60\/120 \| ETA 5s \| loss 4.250 \| cos\+/,
  );
});

test.each([20, 48, 80, 132])('on a terminal of %i columns no part is cut and no line wraps', (columns) => {
  const line = statusLine(record(7), 7000, 7500, { live: true, columns });
  expect(line.length).toBeLessThan(columns);
  const whole = statusLine(record(7), 7000, 7500, { live: true, columns: 1000 }).split(' | ');
  if (columns >= 48) {
    expect(line).toContain(' | ETA 2h05m');
    for (const part of line.split(' | ')) expect(whole).toContain(part);
  }
});

test('without a terminal a plain line comes every few seconds and at the end', () => {
  const { shown, progress, advance } = recorder(false);
  const run = progress();
  for (let step = 1; step <= 100; step++) {
    advance(200);
    run.update(record(step));
    run.step(step);
  }
  expect(shown()).toHaveLength(5);
  expect(shown()[1]).toMatch(/^step {2}26\/100 \| ETA 15s \| loss/);
  expect(shown().at(-1)).toMatch(/^step 100\/100 /);
});

test('on a terminal one line is rewritten from the first moment and at every step, and messages do not run into it', () => {
  const { texts, progress, advance } = recorder(true);
  const run = progress();
  expect(texts).toEqual(['first steps, in which drivers compile kernels …']);
  run.update(record(1));
  run.update(record(2));
  advance(150);
  run.step(3);
  advance(150);
  run.update(record(4));
  run.say('saved');
  run.end();
  const bar = `[${' '.repeat(16)}]`;
  expect(texts.slice(1).map((text) => text.split(' | ')[0])).toEqual([
    '(cleared)',
    `${bar}   1/100`,
    `${bar}   3/100`,
    `[=${' '.repeat(15)}]   4/100`,
    '(cleared)',
    'saved',
    '(kept)',
    '(kept)',
  ]);
});

test('the time left counts only what this process did', () => {
  const { shown, progress, advance } = recorder(false, 90);
  const run = progress();
  advance(10_000);
  run.update(record(95));
  expect(shown()[0]).toContain('ETA 10s');
});

test('the time left does not count what was compiled before the first step was done', () => {
  const { shown, progress, advance } = recorder(false);
  const run = progress();
  advance(60_000);
  run.step(1);
  advance(1000);
  run.update(record(2));
  expect(shown().at(-1)).toContain('ETA 1m38s');
});

test('a stage says at once what is done, then how far it is, and is gone when it ends', () => {
  const { texts, sink, now, advance } = recorder(true);
  const stage = new Stage(sink, 'embedding', now);
  advance(12_000);
  stage.update(64, 640);
  advance(1000);
  stage.update(128, 640);
  stage.next('judging pairs');
  stage.end();
  expect(texts).toEqual([
    'embedding …',
    'embedding [==              ] 64/640',
    'embedding [===             ] 128/640 | ETA 8s',
    'judging pairs …',
    '(cleared)',
  ]);
});

test('in a pipe short stages say nothing and long ones a line every few seconds', () => {
  const { shown, sink, now, advance } = recorder(false);
  const stage = new Stage(sink, 'embedding', now);
  for (let done = 10; done <= 100; done += 10) {
    stage.update(done, 100);
    advance(2000);
  }
  expect(shown()).toEqual(['embedding 40/100 | ETA 12s', 'embedding 70/100 | ETA 6s']);
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
