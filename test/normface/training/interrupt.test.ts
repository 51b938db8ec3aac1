import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { Interrupt } from '../../../src/normface/training/run/interrupt.node.ts';

function setUp() {
  const exits: number[] = [];
  const said: string[] = [];
  const source = new EventEmitter();
  const clock = { now: 0 };
  let stop: ((why: string) => void) | undefined;
  const interrupt = new Interrupt((text) => said.push(text), {
    source,
    exit: (code) => void exits.push(code),
    now: () => clock.now,
    whenLost: (listener) => {
      stop = listener;
      return () => {
        stop = undefined;
      };
    },
  });
  return { exits, said, source, clock, interrupt, lose: (why: string) => stop?.(why) };
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s asks to stop, and dispose lets go', (signal) => {
  const { exits, said, source, interrupt } = setUp();
  expect(interrupt.shouldStop()).toBe(false);
  source.emit(signal);
  expect([interrupt.shouldStop(), exits]).toEqual([true, []]);
  expect(said).toEqual(['stopping after this step; once more ends at once without saving']);
  interrupt.dispose();
  expect(source.listenerCount(signal)).toBe(0);
});

test('a second signal ends at once, with words and a status that do not claim a saved run', () => {
  const { exits, said, source, clock, interrupt } = setUp();
  interrupt.shouldStop();
  source.emit('SIGINT');
  clock.now += 300;
  source.emit('SIGTERM');
  expect(exits).toEqual([1]);
  expect(said[1]).toBe('ended at once: what was done since the last checkpoint is not saved');
});

test('the same wish sent twice, to a process and to its group, is one', () => {
  const { exits, said, source, clock, interrupt } = setUp();
  interrupt.shouldStop();
  source.emit('SIGTERM');
  clock.now += 20;
  source.emit('SIGTERM');
  expect([interrupt.shouldStop(), exits, said.length]).toEqual([true, [], 1]);
});

test('a signal before anything can be saved ends at once and says so', () => {
  const { exits, said, source } = setUp();
  source.emit('SIGINT');
  expect(exits).toEqual([1]);
  expect(said).toEqual(['ended before the first step: nothing is trained and nothing saved']);
});

test('lost outputs ask to stop once, and are not taken for a second signal', () => {
  const { exits, said, interrupt, lose } = setUp();
  interrupt.shouldStop();
  lose('stdout cannot be written: the disk is full; ');
  lose('stderr cannot be written: the disk is full; ');
  expect([interrupt.shouldStop(), exits]).toEqual([true, []]);
  expect(said).toEqual([
    'stdout cannot be written: the disk is full; stopping after this step; once more ends at once without saving',
  ]);
});
