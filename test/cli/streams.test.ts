import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { StandardStreams } from '../../src/cli/standard-streams.node.ts';
import { bundledProgram } from './program.ts';
import { temporaryFolder } from './run.ts';

function setUp(mixable = true) {
  const written = { stdout: '', stderr: '' };
  const exits: number[] = [];
  const stream = (name: keyof typeof written) =>
    Object.assign(new EventEmitter(), {
      write: (text: string) => {
        written[name] += text;
      },
    });
  const source = {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
  };
  const exit = (code: number) => void exits.push(code);
  const fail = (name: keyof typeof written, code: string) =>
    source[name].emit('error', Object.assign(new Error(code), { code }));
  return { streams: new StandardStreams(source, { mixable, exit }), written, exits, fail };
}

test('a reader that has read enough ends a command without fault, a full disk with a sentence', () => {
  const reader = setUp();
  reader.fail('stdout', 'EPIPE');
  expect([reader.exits, reader.written.stderr]).toEqual([[0], '']);
  const full = setUp();
  full.fail('stdout', 'ENOSPC');
  expect([full.exits, full.written.stderr]).toEqual([
    [1],
    'normface: stdout cannot be written: the disk is full\n',
  ]);
});

test('a command that can stop is asked to, once a stream, and what is for a lost stream goes to the other', () => {
  const { streams, written, exits, fail } = setUp();
  const asked: string[] = [];
  const stopAsking = streams.whenLost((why) => asked.push(why));
  for (let i = 0; i < 3; i++) fail('stdout', 'EPIPE');
  streams.stdout.write('saved\n');
  expect(asked).toEqual(['stdout cannot be written: its reader is gone; ']);
  expect(written).toEqual({ stdout: '', stderr: 'saved\n' });
  fail('stderr', 'EIO');
  streams.stdout.write('more');
  streams.stderr.write('more');
  expect([asked.length, written.stderr, exits]).toEqual([2, 'saved\n', []]);
  stopAsking();
  fail('stdout', 'EPIPE');
  expect(exits).toEqual([]);
});

test('told to be silent, nothing is written', () => {
  const { streams, written, exits } = setUp();
  streams.stdout.write('a');
  streams.silence();
  streams.stdout.write('b');
  streams.stderr.write('c');
  expect([written, exits]).toEqual([{ stdout: 'a', stderr: '' }, []]);
});

test('where a machine reads stdout nothing else gets into it', () => {
  const { streams, written, exits, fail } = setUp(false);
  fail('stderr', 'ENOSPC');
  streams.stderr.write('warning');
  streams.stdout.write('{}');
  expect([written, exits]).toEqual([{ stdout: '{}', stderr: '' }, []]);
});

const program = bundledProgram();
const output = temporaryFolder();

/** Trains in a process of its own. @param stdout as `spawn` takes it */
async function train(stdout: 'pipe' | number): Promise<{ exitCode: number; stderr: string }> {
  const data = ['--data', 'generated:identities=5,samples=4,seed=3', '--net', 'tiny', '--batch', '8'];
  const words = ['train', ...data, '--steps', '2000', '--set', 'log.everySteps=1', '--output', output];
  const child = spawn(process.execPath, [program(), ...words], { stdio: ['ignore', stdout, 'pipe'] });
  let stderr = '';
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  // As `head -1` does.
  child.stdout?.once('data', () => child.stdout!.destroy());
  const [exitCode] = await once(child, 'close');
  return { exitCode, stderr };
}

test.skipIf(process.platform === 'win32')(
  'a training whose reader ends is saved, says so on stderr and does not exit with 0',
  async () => {
    const { exitCode, stderr } = await train('pipe');
    expect(stderr).toMatch(/stdout cannot be written: its reader is gone; stopping after this step/);
    expect(stderr).toMatch(/saved {3}.*step-\d+\nstopped after step \d+ of 2000; continue with:\n/);
    expect(exitCode).toBe(130);
    const saved = /saved {3}(.*)/.exec(stderr)![1]!;
    expect(fs.existsSync(path.join(saved, 'DONE'))).toBe(true);
  },
);

test.skipIf(!fs.existsSync('/dev/full'))(
  'a training that cannot say its first word ends with a sentence',
  async () => {
    const full = fs.openSync('/dev/full', 'w');
    const { exitCode, stderr } = await train(full);
    fs.closeSync(full);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining(
        'stdout cannot be written: the disk is full; ended before the first step: nothing is trained and nothing saved',
      ),
    ]);
  },
);
