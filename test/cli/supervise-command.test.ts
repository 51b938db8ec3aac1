/** The supervisor of several ranks: signals to it, and what it starts. With real ranks: test/mpi. */

import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { listen } from '../../src/cli/supervise-command.node.ts';

import { bundledProgram } from './program.ts';
import { temporaryFolder } from './run.ts';

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

const program = bundledProgram();
const folder = temporaryFolder();

test.skipIf(process.platform === 'win32')(
  'ranks are started with the file of the program itself, where it was called by a link',
  () => {
    // As npx does, in a cache that other hosts do not have.
    const link = path.join(folder, 'normface');
    fs.symlinkSync(program(), link);
    const launcher = path.join(folder, 'mpirun');
    const said = path.join(folder, 'words');
    fs.writeFileSync(
      launcher,
      `#!/bin/sh\n[ "$1" = --version ] && echo "mpirun (Open MPI) 4.1.4" || printf '%s\\n' "$@" > "${said}"\n`,
      { mode: 0o755 },
    );
    execFileSync(process.execPath, [
      link,
      ...['train', '--data', 'generated', '--ranks', '2', '--launcher', launcher],
    ]);
    const words = fs.readFileSync(said, 'utf8').split('\n');
    expect(words).toContain(program());
    expect(words).not.toContain(link);
  },
);
