import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type WriteFile, writeDurably } from '../../../src/common/files.node.ts';
import type { ImportedNet } from '../../../src/normface/models/import-model.ts';
import { saveImport } from '../../../src/normface/models/save-import.node.ts';
import { summariseRun } from '../../../src/normface/overview/run-summary.node.ts';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-save-import-'));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const imported: ImportedNet = {
  net: {
    name: 'small',
    input: [1, 1, 1],
    layers: [
      { kind: 'flatten', name: 'flat' },
      { kind: 'fullyConnected', name: 'fc', outputs: 1 },
    ],
  },
  values: new Map([
    ['fc.weight', Float32Array.of(2)],
    ['fc.bias', Float32Array.of(1)],
  ]),
  unused: [],
  remarks: [],
};

/** A disk that is full from the file of this number on. */
const fullAt = (number: number): WriteFile => {
  let files = 0;
  return (file, pieces) => {
    if (++files >= number) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    writeDurably(file, pieces);
  };
};

test('of a net that a full disk does not take nothing is left', () => {
  const own = path.join(root, 'own');
  fs.mkdirSync(own);
  // Three files of the checkpoint, DONE, and net.json.
  for (const number of [1, 2, 4, 5]) {
    for (const folder of [own, path.join(root, 'new', 'run')]) {
      let message = '';
      try {
        saveImport(folder, imported, {}, fullAt(number));
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toMatch(/^cannot write .*: the disk is full$/);
      expect(message).not.toContain('checkpoint');
    }
    expect(fs.readdirSync(root)).toEqual(['own']);
    expect(fs.readdirSync(own)).toEqual([]);
  }
  saveImport(own, imported, {}, fullAt(6));
  expect(summariseRun(own)).toMatchObject({ state: 'imported', net: 'small', problem: null });
});
