import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkNewFile } from '../../src/cli/output-file.node.ts';
import { UsageError, UserError } from '../../src/common/errors.ts';

let root: string;
const at = (name: string) => path.join(root, name);
beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'normface-output-'));
  fs.writeFileSync(at('kept.onnx'), 'mine');
  fs.mkdirSync(at('run/ckpt'), { recursive: true });
  fs.writeFileSync(at('run/config.json'), '{}');
});
afterAll(() => fs.rmSync(root, { recursive: true }));

test('a file that exists is replaced only when that is asked for', () => {
  expect(() => checkNewFile(at('kept.onnx'), undefined)).toThrow(
    new UserError(`${at('kept.onnx')} exists already; --force replaces it`),
  );
  expect(() => checkNewFile(at('kept.onnx'), true)).not.toThrow();
  // Neither needs to be there, nor its folder.
  expect(() => checkNewFile(at('new/model.onnx'), undefined)).not.toThrow();
  expect(() => checkNewFile(at('kept.onnx/model.onnx'), undefined)).not.toThrow();
});

test('force replaces no folder, no file that is read, and nothing of a run', () => {
  expect(() => checkNewFile(root, true)).toThrow(new UserError(`cannot write ${root}: it is a folder`));
  expect(() => checkNewFile(at('kept.onnx'), true, [at('kept.onnx')], '--to')).toThrow(
    new UsageError(`--to ${at('kept.onnx')}: this file is read; write to another one`),
  );
  expect(() => checkNewFile(at('run/model.onnx'), true)).toThrow(UsageError);
});
