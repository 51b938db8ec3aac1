/** Signals to the supervisor of several ranks; with real processes: test/mpi. */

import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { listen } from '../../src/cli/supervise-command.node.ts';

test('a signal asks the ranks to save, its echo is the same wish, and a later one ends at once', () => {
  const source = new EventEmitter();
  const clock = { now: 1000 };
  const said: string[] = [];
  let stops = 0;
  const end = listen({ warn: (text) => void said.push(text) }, () => void stops++, {
    source,
    now: () => clock.now,
  });
  source.emit('SIGTERM');
  expect(said).toEqual(['asking the ranks to save and stop; once more ends at once without saving']);
  clock.now += 199;
  source.emit('SIGTERM');
  expect([stops, said.length]).toEqual([1, 1]);
  clock.now += 1;
  source.emit('SIGINT');
  expect([stops, said[1]]).toEqual([2, 'ending at once']);
  end();
  expect(source.eventNames()).toEqual([]);
});
