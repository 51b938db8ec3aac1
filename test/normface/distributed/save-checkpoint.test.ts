import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { type WriteFile, writeDurably } from '../../../src/common/files.node.ts';
import { inProcessGroup, runInProcess } from '../../../src/engine/distributed/in-process.ts';
import { rangeOf } from '../../../src/engine/distributed/range.ts';
import { saveCheckpointTogether } from '../../../src/normface/distributed/save-checkpoint.node.ts';
import {
  completeCheckpoints,
  latestCheckpoint,
  pruneCheckpoints,
  saveCheckpoint,
} from '../../../src/normface/training/checkpoint/checkpoint.node.ts';
import type { Checkpoint } from '../../../src/normface/training/checkpoint/checkpoint.ts';
import type { ClassPart } from '../../../src/normface/training/checkpoint/class-part.ts';
import { sha256Of } from '../../../src/normface/training/checkpoint/done.node.ts';
import {
  readCheckpoint,
  readWeights,
} from '../../../src/normface/training/checkpoint/read-checkpoint.node.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  float32Tensor,
} from '../../../src/normface/training/checkpoint/safetensors.ts';

let run: string;
beforeEach(() => {
  run = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-together-'));
});
afterEach(() => fs.rmSync(run, { recursive: true, force: true }));

const total = 11;
const width = 3;
const names = ['loss.weight', 'loss.bias', 'auxiliary.center'];

const partOf = (size: number, rank: number): ClassPart => ({
  tensors: names,
  rows: rangeOf(total, size, rank),
  total,
});

/** A net, class weights with a bias, centers without momentum; every number says where it is. */
function checkpoint(step: number, { first, count } = { first: 0, count: total }): Checkpoint {
  const rows = (offset: number, columns: number) =>
    Float32Array.from({ length: count * columns }, (_, i) => offset + step / 1000 + first * columns + i);
  return {
    weights: new Map([
      ['conv1.weight', float32Tensor(Float32Array.of(step, 2, 3, 4), [2, 2])],
      ['loss.weight', float32Tensor(rows(100, width), [count, width])],
      ['loss.bias', float32Tensor(rows(200, 1), [count])],
      ['loss.scale', float32Tensor(Float32Array.of(30), [1])],
      ['auxiliary.center', float32Tensor(rows(300, width), [count, width])],
    ]),
    metadata: { net: 'small', step: String(step), classes: String(total) },
    // As an optimiser gives it: flat.
    optimiser: new Map([
      ['conv1.weight.velocity', float32Tensor(Float32Array.of(1, 2, 3, step), [4])],
      ['loss.weight.velocity', float32Tensor(rows(400, width), [count * width])],
      ['loss.bias.velocity', float32Tensor(rows(500, 1), [count])],
      ['loss.scale.velocity', float32Tensor(Float32Array.of(0.5), [1])],
    ]),
    state: {
      format: 1,
      step,
      totalSteps: 1000,
      seed: 1,
      cursor: { epoch: 0, position: 0 },
      configHash: 'c',
      imagesHash: 'h',
    },
  };
}

/** What ranks save: each its own rows. @param writeOf how a rank writes @returns the folder, as all ranks know it */
async function save(size: number, step: number, writeOf?: (rank: number) => WriteFile): Promise<string> {
  const folders = await runInProcess(size, (ranks) => {
    const classes = partOf(size, ranks.rank);
    const write = writeOf?.(ranks.rank);
    return saveCheckpointTogether(run, checkpoint(step, classes.rows), { ranks, classes, write });
  });
  expect(new Set(folders).size).toBe(1);
  return folders[0]!;
}

/** Every file and folder below the run, to see that nothing half written is left. */
function tree(): string[] {
  return (fs.readdirSync(run, { recursive: true }) as string[]).sort();
}

describe('a checkpoint of several ranks', () => {
  test('has files that are called after the rows in them', async () => {
    const folder = await save(3, 20);
    expect(path.basename(folder)).toBe('step-00000020');
    expect(fs.readdirSync(folder).sort()).toEqual([
      'DONE',
      'optimiser-classes-00000000-00000004.safetensors',
      'optimiser-classes-00000004-00000008.safetensors',
      'optimiser-classes-00000008-00000011.safetensors',
      'optimiser.safetensors',
      'state.json',
      'weights-classes-00000000-00000004.safetensors',
      'weights-classes-00000004-00000008.safetensors',
      'weights-classes-00000008-00000011.safetensors',
      'weights.safetensors',
    ]);
    const { sha256 } = JSON.parse(fs.readFileSync(path.join(folder, 'DONE'), 'utf8'));
    expect(Object.keys(sha256).sort()).toEqual(
      fs
        .readdirSync(folder)
        .filter((name) => name !== 'DONE')
        .sort(),
    );
    const file = path.join(folder, 'weights-classes-00000004-00000008.safetensors');
    const { tensors, metadata } = decodeSafetensors(fs.readFileSync(file), file);
    expect(metadata).toEqual({ firstClass: '4', endClass: '8', classes: '11' });
    expect([...tensors.keys()].sort()).toEqual(names.toSorted());
    expect(tensors.get('loss.bias')!.data).toEqual(Float32Array.of(204.02, 205.02, 206.02, 207.02));
    const shared = path.join(folder, 'weights.safetensors');
    expect([...decodeSafetensors(fs.readFileSync(shared), shared).tensors.keys()]).toEqual([
      'conv1.weight',
      'loss.scale',
    ]);
  });

  test('of one rank is what one process saves, byte for byte', async () => {
    const together = await save(1, 20);
    const files = fs
      .readdirSync(together)
      .map((name) => [name, fs.readFileSync(path.join(together, name))] as const);
    const alone = saveCheckpoint(run, checkpoint(20));
    expect(fs.readdirSync(alone)).toEqual(files.map(([name]) => name));
    for (const [name, bytes] of files)
      if (name !== 'DONE') expect(fs.readFileSync(path.join(alone, name)).equals(bytes), name).toBe(true);
    const sumsOf = (text: string) => JSON.stringify(JSON.parse(text).sha256);
    expect(sumsOf(fs.readFileSync(path.join(alone, 'DONE'), 'utf8'))).toBe(
      sumsOf(files.find(([name]) => name === 'DONE')![1].toString()),
    );
  });

  test.each([1, 2, 3, 4, 13])('of %i is read as one model, and by any number of ranks', async (writers) => {
    const folder = await save(writers, 20);
    expect(readCheckpoint(folder)).toEqual(checkpoint(20));
    expect(readWeights(path.join(folder, 'weights.safetensors')).weights).toEqual(checkpoint(20).weights);
    for (const readers of [1, 2, 3, 4, 13]) {
      for (let rank = 0; rank < readers; rank++) {
        const classes = partOf(readers, rank);
        expect(readCheckpoint(folder, { classes }), `${rank} of ${readers}`).toEqual(
          checkpoint(20, classes.rows),
        );
      }
    }
  });

  test('gives the net alone to those who need no classes, even where their files are gone', async () => {
    const folder = await save(2, 20);
    fs.rmSync(path.join(folder, 'weights-classes-00000000-00000006.safetensors'));
    const file = path.join(folder, 'weights.safetensors');
    expect([...readWeights(file, { classes: 'none' }).weights.keys()]).toEqual([
      'conv1.weight',
      'loss.scale',
    ]);
    expect(() => readWeights(file)).toThrow(
      /cannot read .*00000000-00000006.safetensors: there is no such file/,
    );
  });

  test('gives whole tensors to those who do not share them', async () => {
    const folder = await save(3, 20);
    const classes = { ...partOf(2, 1), tensors: ['loss.weight'] };
    const { weights } = readCheckpoint(folder, { classes });
    expect(weights.get('loss.weight')!.shape).toEqual([5, width]);
    expect(weights.get('loss.bias')!.shape).toEqual([total]);
  });

  test('is pruned and saved again like any other', async () => {
    for (const step of [10, 20, 30]) await save(2, step);
    await save(3, 30);
    expect(pruneCheckpoints(run, 2)).toEqual([]);
    expect(completeCheckpoints(run).map((folder) => path.basename(folder))).toEqual([
      'step-00000020',
      'step-00000030',
    ]);
    expect(readCheckpoint(latestCheckpoint(run)!)).toEqual(checkpoint(30));
    expect(tree().filter((name) => /\.(tmp|old)$/.test(name))).toEqual([]);
  });
});

describe('a failure', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  /** On one rank the disk is full at a file, of which one half is written. */
  const fullAt =
    (failing: number, name: string) =>
    (rank: number): WriteFile =>
    (file, pieces) => {
      if (rank !== failing || !path.basename(file).includes(name)) return writeDurably(file, pieces);
      const bytes = Buffer.concat(pieces);
      fs.writeFileSync(file, bytes.subarray(0, bytes.length / 2));
      throw full;
    };

  test.each([
    [0, 'weights.safetensors'],
    [0, 'optimiser.safetensors'],
    [0, 'state.json'],
    [0, 'weights-classes'],
    [1, 'weights-classes'],
    [2, 'weights-classes'],
    [2, 'optimiser-classes'],
    [0, 'DONE'],
  ])('on rank %i at %s is known to all ranks and leaves nothing', async (rank, name) => {
    const before = await save(3, 10);
    const files = tree();
    const errors = await Promise.allSettled(
      inProcessGroup(3).map((ranks) => {
        const classes = partOf(3, ranks.rank);
        const options = { ranks, classes, write: fullAt(rank, name)(ranks.rank) };
        return saveCheckpointTogether(run, checkpoint(20, classes.rows), options);
      }),
    );
    for (const outcome of errors) {
      const { reason } = outcome as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(UserError);
      expect(reason.message).toMatch(
        /^cannot save the checkpoint of step 20 in .*: rank \d: (cannot write .*: )?the disk is full; the last good checkpoint is .*step-00000010$/,
      );
      expect(reason.message).toContain(`rank ${rank}: `);
    }
    expect(tree()).toEqual(files);
    expect(readCheckpoint(before)).toEqual(checkpoint(10));
    // And the disk has room again.
    expect(readCheckpoint(await save(3, 20))).toEqual(checkpoint(20));
  });

  test('while a step is saved again keeps what was there', async () => {
    const folder = await save(2, 10);
    const files = tree();
    await expect(save(3, 10, fullAt(0, 'DONE'))).rejects.toThrow(/rank 0: .*the disk is full/);
    expect(tree()).toEqual(files);
    expect(readCheckpoint(folder)).toEqual(checkpoint(10));
  });

  test('to make the folder is known to all', async () => {
    fs.writeFileSync(path.join(run, 'ckpt'), '');
    await expect(save(2, 10)).rejects.toThrow(
      /^cannot save the checkpoint of step 10 in .*: rank 0: .*ckpt is a file/,
    );
  });

  test('of a host that does not see the folder says so', async () => {
    const other = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-elsewhere-'));
    const failure = runInProcess(2, (ranks) => {
      const classes = partOf(2, ranks.rank);
      return saveCheckpointTogether(ranks.rank === 0 ? run : other, checkpoint(10, classes.rows), {
        ranks,
        classes,
      });
    });
    await expect(failure).rejects.toThrow(
      /rank 1: .*which rank 0 has made, is not there: is it a folder that all hosts share\?/,
    );
    expect([tree(), fs.readdirSync(other)]).toEqual([['ckpt'], []]);
    fs.rmSync(other, { recursive: true });
  });

  test('of the process between any two files leaves the checkpoint before, and the next save clears up', async () => {
    await save(3, 10);
    const moments: string[] = [];
    await save(3, 20, () => (file, pieces) => {
      // What a process leaves that is killed here: before the file, and after half of it.
      const moment = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-moment-'));
      fs.cpSync(run, moment, { recursive: true });
      moments.push(moment);
      writeDurably(file, pieces);
    });
    // Three files of rank 0, two of each rank for its classes, and DONE.
    expect(moments.length).toBe(3 + 3 * 2 + 1);
    const whole = run;
    for (const moment of moments) {
      run = moment;
      expect(completeCheckpoints(run).map((folder) => path.basename(folder))).toEqual(['step-00000010']);
      expect(readCheckpoint(latestCheckpoint(run)!)).toEqual(checkpoint(10));
      await save(2, 20);
      pruneCheckpoints(run, 1);
      expect(fs.readdirSync(path.join(run, 'ckpt'))).toEqual(['step-00000020']);
      expect(readCheckpoint(latestCheckpoint(run)!)).toEqual(checkpoint(20));
      fs.rmSync(moment, { recursive: true });
    }
    run = whole;
  });
});

describe('files that do not fit', () => {
  let folder: string;
  beforeEach(async () => {
    const before = await save(1, 10);
    folder = await save(3, 20);
    expect(before).not.toBe(folder);
  });
  const nameOf = (first: number, end: number, kind = 'weights') =>
    `${kind}-classes-${String(first).padStart(8, '0')}-${String(end).padStart(8, '0')}.safetensors`;
  const readingBy = (size: number, rank: number) => () =>
    readCheckpoint(folder, { classes: partOf(size, rank) });
  const reading = () => readCheckpoint(folder);

  /** Changes what DONE says. */
  function changeDone(change: (sha256: Record<string, string>) => void): void {
    const file = path.join(folder, 'DONE');
    const done = JSON.parse(fs.readFileSync(file, 'utf8'));
    change(done.sha256);
    fs.writeFileSync(file, JSON.stringify(done));
  }

  test('any single damaged bit is noticed by whoever reads the file, and the checkpoint before it is named', () => {
    const file = path.join(folder, nameOf(4, 8));
    const bytes = fs.readFileSync(file);
    for (let bit = 0; bit < 8 * bytes.length; bit += 37) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      fs.writeFileSync(file, damaged);
      expect(reading, `bit ${bit}`).toThrow(
        /classes-00000004-00000008.safetensors .*step-00000010, is sound: name that one$/,
      );
    }
    bytes[bytes.length - 1]! ^= 1;
    fs.writeFileSync(file, bytes);
    expect(readingBy(3, 1)).toThrow(
      /00000004-00000008.safetensors is damaged: its SHA-256 is not the one that DONE has of it/,
    );
    // Those whose rows are in other files are not concerned.
    expect(readingBy(3, 2)()).toEqual(checkpoint(20, { first: 8, count: 3 }));
  });

  test('a missing one is named', () => {
    fs.rmSync(path.join(folder, nameOf(8, 11, 'optimiser')));
    expect(reading).toThrow(
      /cannot read .*optimiser-classes-00000008-00000011.safetensors: there is no such file/,
    );
  });

  test('rows that no file has, or two have', () => {
    changeDone((sums) => delete sums[nameOf(4, 8)]);
    expect(reading).toThrow(
      /weights-classes-00000008-00000011.safetensors is not the next of its kind: the rows from 4 on are in no file/,
    );
    changeDone((sums) => (sums[nameOf(2, 8)] = 'a'.repeat(64)));
    expect(reading).toThrow(
      /weights-classes-00000002-00000008.safetensors has rows below 4, which another file has, too/,
    );
    changeDone((sums) => {
      delete sums[nameOf(2, 8)];
      delete sums[nameOf(8, 11)];
    });
    expect(reading).toThrow(
      /weights-classes-00000000-00000004.safetensors is damaged: its classes is 11, not 4/,
    );
  });

  test('another number of classes than those of the data', () => {
    const classes = { ...partOf(2, 0), total: 12 };
    expect(() => readCheckpoint(folder, { classes })).toThrow(
      /the checkpoint .*step-00000020 has 11 classes, not 12/,
    );
    const alone = latestCheckpoint(run, 10)!;
    expect(() => readCheckpoint(alone, { classes })).toThrow(
      /weights.safetensors: "auxiliary.center" \[11,3\] does not have a row for each of 12 classes/,
    );
  });

  test('a file with the rows of another, or with other tensors', () => {
    const put = (name: string, bytes: Uint8Array) => {
      fs.writeFileSync(path.join(folder, name), bytes);
      changeDone((sums) => (sums[name] = sha256Of(bytes)));
    };
    const sound = fs.readFileSync(path.join(folder, nameOf(4, 8)));
    put(nameOf(4, 8), fs.readFileSync(path.join(folder, nameOf(0, 4))));
    expect(reading).toThrow(/00000004-00000008.safetensors is damaged: its firstClass is 0, not 4/);
    const { tensors, metadata } = decodeSafetensors(sound, 'x');
    const narrow = new Map(tensors).set('loss.weight', float32Tensor(new Float32Array(8), [4, 2]));
    put(nameOf(4, 8), encodeSafetensors(narrow, metadata));
    expect(reading).toThrow(
      /00000004-00000008.safetensors is damaged: it has other tensors than .*00000000-00000004/,
    );
    const uneven = new Map(tensors).set('loss.bias', float32Tensor(new Float32Array(5), [5]));
    put(nameOf(4, 8), encodeSafetensors(uneven, metadata));
    expect(reading).toThrow(/00000004-00000008.safetensors is damaged: "loss.bias" \[5\] has not 4 rows/);
  });
});
