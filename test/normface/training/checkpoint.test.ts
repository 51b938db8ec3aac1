import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/normface/errors.ts';
import {
  completeCheckpoints,
  findCheckpoint,
  findWeights,
  latestCheckpoint,
  readCheckpoint,
  saveCheckpoint,
} from '../../../src/normface/training/checkpoint.node.ts';
import type { Checkpoint } from '../../../src/normface/training/checkpoint.ts';
import { matchParameters } from '../../../src/normface/training/compatible.ts';
import { type WriteFile, writeDurably } from '../../../src/normface/training/files.node.ts';
import { float32Tensor } from '../../../src/normface/training/safetensors.ts';

let run: string;
beforeEach(() => {
  run = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-checkpoint-'));
});
afterEach(() => fs.rmSync(run, { recursive: true, force: true }));

function checkpoint(step: number, floats = 4): Checkpoint {
  const values = Float32Array.from({ length: floats }, (_, i) => step + i / 7);
  return {
    weights: new Map([['conv1/weight', float32Tensor(values, [floats])]]),
    metadata: { net: 'small' },
    optimiser: new Map([
      [
        'momentum',
        float32Tensor(
          values.map((v) => -v),
          [floats],
        ),
      ],
    ]),
    state: {
      format: 1,
      step,
      totalSteps: 100,
      seed: 1,
      cursor: { epoch: 0, position: 0 },
      configHash: 'c',
      imagesHash: 'h',
    },
  };
}

/** Every file and folder below the run, to see that nothing half written is left. */
function tree(): string[] {
  return (fs.readdirSync(run, { recursive: true }) as string[]).sort();
}

describe('checkpoints', () => {
  test('come back as they were saved', () => {
    const folder = saveCheckpoint(run, checkpoint(120));
    expect(path.basename(folder)).toBe('step-00000120');
    expect(fs.readdirSync(folder).sort()).toEqual([
      'DONE',
      'optimiser.safetensors',
      'state.json',
      'weights.safetensors',
    ]);
    expect(readCheckpoint(folder)).toEqual(checkpoint(120));
    expect(findCheckpoint(run)).toBe(folder);
    expect(findCheckpoint(folder)).toBe(folder);
    expect(findWeights(run)).toBe(path.join(folder, 'weights.safetensors'));
    expect(findWeights(path.join(folder, 'weights.safetensors'))).toBe(
      path.join(folder, 'weights.safetensors'),
    );
  });

  test('the newest finished one counts, older ones are pruned', () => {
    for (const step of [10, 20, 99_999_999, 100_000_000]) saveCheckpoint(run, checkpoint(step), { keep: 3 });
    expect(completeCheckpoints(run).map((folder) => path.basename(folder))).toEqual([
      'step-00000020',
      'step-99999999',
      'step-100000000',
    ]);
    fs.rmSync(path.join(run, 'ckpt', 'step-100000000', 'DONE'));
    expect(path.basename(latestCheckpoint(run)!)).toBe('step-99999999');
  });

  test('leftovers of a killed process are cleared by the next save', () => {
    fs.mkdirSync(path.join(run, 'ckpt', '.step-00000005.1.tmp'), { recursive: true });
    fs.mkdirSync(path.join(run, 'ckpt', 'step-00000006'));
    expect(latestCheckpoint(run)).toBeUndefined();
    saveCheckpoint(run, checkpoint(7));
    expect(fs.readdirSync(path.join(run, 'ckpt'))).toEqual(['step-00000007']);
  });

  test('saving a step again replaces it', () => {
    saveCheckpoint(run, checkpoint(5, 4));
    const folder = saveCheckpoint(run, checkpoint(5, 6));
    expect(readCheckpoint(folder).weights.get('conv1/weight')?.shape).toEqual([6]);
    expect(fs.readdirSync(path.join(run, 'ckpt'))).toEqual(['step-00000005']);
  });
});

describe('a full disk', () => {
  /** Behaves like the real writer until the file of the given name, of which it writes one half. */
  const fullAt =
    (name: string): WriteFile =>
    (file, bytes) => {
      if (path.basename(file) !== name) return writeDurably(file, bytes);
      fs.writeFileSync(file, bytes.subarray(0, bytes.length / 2));
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };

  test.each(['weights.safetensors', 'optimiser.safetensors', 'state.json', 'DONE'])(
    'while writing %s',
    (name) => {
      saveCheckpoint(run, checkpoint(10));
      const before = tree();
      const attempt = () => saveCheckpoint(run, checkpoint(20), { write: fullAt(name) });
      expect(attempt).toThrow(UserError);
      expect(attempt).toThrow(
        /^cannot save the checkpoint of step 20 in .*: the disk is full; the last good checkpoint is .*step-00000010$/,
      );
      expect(tree()).toEqual(before);
      expect(readCheckpoint(latestCheckpoint(run)!)).toEqual(checkpoint(10));
    },
  );

  test('while replacing the same step keeps the old one', () => {
    saveCheckpoint(run, checkpoint(10, 4));
    const before = tree();
    expect(() => saveCheckpoint(run, checkpoint(10, 6), { write: fullAt('DONE') })).toThrow(
      /the disk is full/,
    );
    expect(tree()).toEqual(before);
    expect(readCheckpoint(latestCheckpoint(run)!)).toEqual(checkpoint(10, 4));
  });

  test('with nothing saved before', () => {
    expect(() => saveCheckpoint(run, checkpoint(10), { write: fullAt('weights.safetensors') })).toThrow(
      /the disk is full; there is no earlier checkpoint$/,
    );
    expect(tree()).toEqual(['ckpt']);
  });

  test('a real one (needs the right to mount a small file system)', ({ skip }) => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', run], { stdio: 'ignore' });
    } catch {
      skip('mounting a tmpfs is not permitted here');
    }
    try {
      saveCheckpoint(run, checkpoint(10, 1000));
      const before = tree();
      expect(() => saveCheckpoint(run, checkpoint(20, 100_000))).toThrow(
        /the disk is full; the last good checkpoint/,
      );
      expect(tree()).toEqual(before);
      expect(readCheckpoint(latestCheckpoint(run)!)).toEqual(checkpoint(10, 1000));
      saveCheckpoint(run, checkpoint(20, 1000));
    } finally {
      execFileSync('umount', [run]);
    }
  });
});

describe('what cannot be used', () => {
  test.each([
    ['a missing path', () => 'nowhere/at-all', /there is no checkpoint nowhere\/at-all/],
    ['a run without checkpoints', () => run, /has no finished checkpoint/],
    ['an unfinished folder', () => unfinished(), /is incomplete: it has no DONE file/],
    ['a file', () => file(), /is a file; name the checkpoint's folder/],
  ])('%s', (_, make, sentence) => {
    const named = make();
    expect(() => findCheckpoint(named)).toThrow(UserError);
    expect(() => findCheckpoint(named)).toThrow(sentence);
  });

  function unfinished(): string {
    const folder = saveCheckpoint(run, checkpoint(1));
    fs.rmSync(path.join(folder, 'DONE'));
    return folder;
  }
  function file(): string {
    fs.writeFileSync(path.join(run, 'x'), '');
    return path.join(run, 'x');
  }

  test('damaged files of a finished checkpoint', () => {
    const folder = saveCheckpoint(run, checkpoint(1));
    const weights = path.join(folder, 'weights.safetensors');
    const bytes = fs.readFileSync(weights);
    fs.writeFileSync(weights, bytes.subarray(0, bytes.length - 3));
    expect(() => readCheckpoint(folder)).toThrow(
      /weights.safetensors is not a usable safetensors file: it is cut short/,
    );
    fs.writeFileSync(weights, bytes);
    fs.writeFileSync(path.join(folder, 'state.json'), '{');
    expect(() => readCheckpoint(folder)).toThrow(/state.json is damaged/);
    fs.writeFileSync(path.join(folder, 'state.json'), 'null');
    expect(() => readCheckpoint(folder)).toThrow(/is not the state of a training run/);
    fs.rmSync(path.join(folder, 'optimiser.safetensors'));
    fs.writeFileSync(path.join(folder, 'state.json'), JSON.stringify(checkpoint(1).state));
    expect(() => readCheckpoint(folder)).toThrow(
      /cannot read .*optimiser.safetensors: there is no such file/,
    );
  });

  test('a checkpoint of another net names the difference', () => {
    const stored = new Map([
      ['a', float32Tensor(new Float32Array(6), [2, 3])],
      ['b', float32Tensor(new Float32Array(2), [2])],
    ]);
    const names = { source: 'runs/x', net: 'big' };
    const a = { name: 'a', shape: [2, 3] };
    expect(matchParameters(stored, [a, { name: 'b', shape: [2] }], names).get('a')).toHaveLength(6);
    expect(() => matchParameters(stored, [a, { name: 'b', shape: [4] }], names)).toThrow(
      /^the checkpoint runs\/x does not fit the net "big": its "b" is \[2\], the net's is \[4\]$/,
    );
    const more = [
      { name: 'c', shape: [4] },
      { name: 'b', shape: [3] },
    ];
    expect(() => matchParameters(stored, [a, ...more], names)).toThrow(
      /it lacks "c" \[4\] \(and 1 more difference\)/,
    );
    expect([...matchParameters(stored, [a], names).keys()]).toEqual(['a']);
  });
});
