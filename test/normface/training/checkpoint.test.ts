import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { type WriteFile, writeDurably } from '../../../src/common/files.node.ts';
import {
  completeCheckpoints,
  findCheckpoint,
  findWeights,
  latestCheckpoint,
  pruneCheckpoints,
  saveCheckpoint,
  setAside,
} from '../../../src/normface/training/checkpoint/checkpoint.node.ts';
import type { Checkpoint } from '../../../src/normface/training/checkpoint/checkpoint.ts';
import { matchParameters } from '../../../src/normface/training/checkpoint/compatible.ts';
import {
  hasChecksums,
  readCheckpoint,
  readState,
  readWeights,
} from '../../../src/normface/training/checkpoint/read-checkpoint.node.ts';
import { float32Tensor } from '../../../src/normface/training/checkpoint/safetensors.ts';

let run: string;
beforeEach(() => {
  run = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-checkpoint-'));
});
afterEach(() => fs.rmSync(run, { recursive: true, force: true }));

function checkpoint(step: number, floats = 4): Checkpoint {
  const values = Float32Array.from({ length: floats }, (_, i) => step + i / 7);
  return {
    weights: new Map([['conv1/weight', float32Tensor(values, [floats])]]),
    metadata: { net: 'small', step: String(step) },
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
      totalSteps: 100_000_000,
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
    for (const step of [10, 20, 99_999_999, 100_000_000]) saveCheckpoint(run, checkpoint(step));
    expect(pruneCheckpoints(run, 3)).toEqual([]);
    expect(completeCheckpoints(run).map((folder) => path.basename(folder))).toEqual([
      'step-00000020',
      'step-99999999',
      'step-100000000',
    ]);
    fs.rmSync(path.join(run, 'ckpt', 'step-100000000', 'DONE'));
    expect(path.basename(latestCheckpoint(run)!)).toBe('step-99999999');
  });

  test('what an interruption saved counts only while it is the newest: in the end it is as if there had been none', () => {
    const names = () => completeCheckpoints(run).map((folder) => Number(path.basename(folder).slice(5)));
    for (const step of [10, 20, 25]) {
      saveCheckpoint(run, checkpoint(step));
      pruneCheckpoints(run, 3, 10);
    }
    expect(names()).toEqual([10, 20, 25]);
    saveCheckpoint(run, checkpoint(30));
    pruneCheckpoints(run, 3, 10);
    expect(names()).toEqual([10, 20, 30]);
    for (const step of [40, 43]) {
      saveCheckpoint(run, checkpoint(step));
      pruneCheckpoints(run, 3, 10);
    }
    // The last one of all may be of any step.
    expect(names()).toEqual([30, 40, 43]);
  });

  test('leftovers of a killed process are cleared with old checkpoints', () => {
    fs.mkdirSync(path.join(run, 'ckpt', '.step-00000005.1.tmp'), { recursive: true });
    fs.mkdirSync(path.join(run, 'ckpt', 'step-00000006'));
    expect(latestCheckpoint(run)).toBeUndefined();
    saveCheckpoint(run, checkpoint(7));
    pruneCheckpoints(run, 3);
    expect(fs.readdirSync(path.join(run, 'ckpt'))).toEqual(['step-00000007']);
  });

  test('an old one that cannot be removed gets a sentence, and nothing is thrown', () => {
    for (const step of [1, 2]) saveCheckpoint(run, checkpoint(step));
    // A folder in the place of DONE cannot be removed as a file, no matter who tries.
    const done = path.join(run, 'ckpt', 'step-00000001', 'DONE');
    fs.rmSync(done);
    fs.mkdirSync(done);
    const sentences = pruneCheckpoints(run, 1);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(/^cannot remove the old checkpoint .*step-00000001: /);
    expect(readCheckpoint(latestCheckpoint(run)!)).toEqual(checkpoint(2));
  });

  test('those after a step are set aside under names that never count, however often', () => {
    for (let attempt = 1; attempt <= 2; attempt++) {
      for (const step of [10, 50, 60]) saveCheckpoint(run, checkpoint(step));
      expect(setAside(run, 10, 'abandoned').map((folder) => path.basename(folder))).toEqual([
        `abandoned-00${attempt}-step-00000050`,
        `abandoned-00${attempt}-step-00000060`,
      ]);
    }
    expect(path.basename(latestCheckpoint(run)!)).toBe('step-00000010');
    expect(latestCheckpoint(run, 9)).toBeUndefined();
    pruneCheckpoints(run, 1);
    expect(fs.readdirSync(path.join(run, 'ckpt'))).toHaveLength(5);
    const kept = path.join(run, 'ckpt', 'abandoned-001-step-00000060');
    expect(readCheckpoint(findCheckpoint(kept))).toEqual(checkpoint(60));
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
    (file, pieces) => {
      if (!path.basename(file).includes(name)) return writeDurably(file, pieces);
      const bytes = Buffer.concat(pieces);
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

  test('damaged files of a checkpoint without checksums', () => {
    const folder = withoutChecksums(saveCheckpoint(run, checkpoint(1)));
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
      /cannot read .*optimiser.safetensors: there is no such file; there is no sound checkpoint before it$/,
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

/** Makes a checkpoint look as older versions left it. @returns its folder */
function withoutChecksums(folder: string): string {
  fs.writeFileSync(path.join(folder, 'DONE'), '');
  return folder;
}

describe('damage', () => {
  /** Turns one bit of a file round. */
  function flip(file: string, bit: number): void {
    const bytes = fs.readFileSync(file);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    fs.writeFileSync(file, bytes);
  }

  test.each(['weights.safetensors', 'optimiser.safetensors', 'state.json', 'DONE'])(
    'of any single bit of %s is noticed, and the sound checkpoint before it is named',
    (name) => {
      const earlier = saveCheckpoint(run, checkpoint(5));
      const damaged = saveCheckpoint(run, checkpoint(10));
      flip(path.join(saveCheckpoint(run, checkpoint(7)), 'state.json'), 3);
      const file = path.join(damaged, name);
      const bits = 8 * fs.statSync(file).size;
      const sums = sumsOf(path.join(damaged, 'DONE'));
      // DONE has the time as well, of which a bit more or less does no harm.
      const start = name === 'DONE' ? 8 * fs.readFileSync(file, 'utf8').indexOf('sha256') : 0;
      for (let bit = start; bit < bits; bit += 7) {
        flip(file, bit);
        // White space between the parts of JSON can change without a change of meaning.
        const harmless = name === 'DONE' && sumsOf(file) === sums;
        if (!harmless)
          expect(() => readCheckpoint(damaged), `bit ${bit}`).toThrow(
            `; the checkpoint before it, ${earlier}, is sound: name that one`,
          );
        flip(file, bit);
      }
      expect(readCheckpoint(damaged)).toEqual(checkpoint(10));
    },
  );

  function sumsOf(done: string): string | undefined {
    try {
      return JSON.stringify(JSON.parse(fs.readFileSync(done, 'utf8')).sha256);
    } catch {
      return undefined;
    }
  }

  test('of the weights is noticed by those who read nothing else', () => {
    const folder = saveCheckpoint(run, checkpoint(10));
    const file = path.join(folder, 'weights.safetensors');
    expect([...readWeights(file).weights.keys()]).toEqual(['conv1/weight']);
    flip(file, 8 * fs.statSync(file).size - 1);
    expect(() => readWeights(file)).toThrow(
      /weights.safetensors is damaged: its SHA-256 is not the one that DONE has of it; there is no sound checkpoint/,
    );
    // Elsewhere, as a file alone, nothing is known of it.
    fs.copyFileSync(file, path.join(run, 'weights.safetensors'));
    expect(readWeights(path.join(run, 'weights.safetensors')).weights.size).toBe(1);
  });

  test('of files that are each sound but of different steps', () => {
    const [five, ten] = [5, 10].map((step) => withoutChecksums(saveCheckpoint(run, checkpoint(step))));
    fs.copyFileSync(path.join(five!, 'weights.safetensors'), path.join(ten!, 'weights.safetensors'));
    expect(() => readCheckpoint(ten!)).toThrow(/its weights are of step 5, its state is of step 10/);
    fs.copyFileSync(path.join(five!, 'state.json'), path.join(ten!, 'state.json'));
    expect(() => readCheckpoint(ten!)).toThrow(/it is the state of step 5, not of step 10/);
    expect(() => readState(ten!)).toThrow(/it is the state of step 5, not of step 10/);
  });

  const whole = checkpoint(10).state;
  test.each([
    ['a key with a wrong letter', { ...whole, cursor: undefined, cupsor: whole.cursor }, /: cursor: /],
    ['an unknown key', { ...whole, extra: 1 }, /extra/],
    ['a step past the end', { ...whole, totalSteps: 9 }, /step 10 is past the end of the run, 9/],
    ['a cursor before the start', { ...whole, cursor: { epoch: -1, position: 0 } }, /: cursor: epoch: /],
    ['a seed that is text', { ...whole, seed: '1' }, /: seed: /],
    ['another format', { ...whole, format: 2 }, /: format: /],
  ])('of the state: %s', (_, state, sentence) => {
    const folder = withoutChecksums(saveCheckpoint(run, checkpoint(10)));
    fs.writeFileSync(path.join(folder, 'state.json'), JSON.stringify(state));
    expect(() => readCheckpoint(folder)).toThrow(sentence);
  });

  test('cannot be noticed in older checkpoints, which still load', () => {
    const folder = saveCheckpoint(run, checkpoint(10));
    expect(hasChecksums(folder)).toBe(true);
    withoutChecksums(folder);
    expect(hasChecksums(folder)).toBe(false);
    expect(readCheckpoint(folder)).toEqual(checkpoint(10));
  });
});
