/** What a run that starts from another one takes of its losses, beside net and class weights. */

import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { decodeSafetensors } from '../../src/normface/training/checkpoint/safetensors.ts';
import { normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const output = path.join(root, 'runs');
const weightsOf = (run: string) => path.join(output, run, 'ckpt/step-00000001/weights.safetensors');
const fileOf = (file: string) => decodeSafetensors(fs.readFileSync(file), file);
const biasOf = (file: string) => fileOf(file).tensors.get('loss.bias')!.data[0]!;

/** A step so small that nothing moves: the weights after it are those that the run has started with. */
async function start(name: string, loss: string, ...words: string[]) {
  const { exitCode, stdout, stderr } = await normface(
    'train',
    ...['--data', 'generated:identities=5,samples=4,seed=3', '--net', 'tiny', '--batch', '8', '--steps', '1'],
    ...['--lr', '1e-30', '--output', output, '--name', name, '--loss', loss, ...words],
  );
  expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('Error')]);
  return { from: /^starting from .*$/m.exec(stdout)?.[0], file: weightsOf(`${name}-001`) };
}

test('a threshold goes on with its class weights in the same loss, unless the configuration says where it starts', async () => {
  const first = await start('first', 'uniface', '--set', 'loss.bias.initial=25');
  expect(biasOf(first.file)).toBe(25);
  expect(fileOf(first.file).metadata).toMatchObject({ loss: 'uniface' });
  const from = ['--from', path.join(output, 'first-001')];

  const same = await start('same', 'uniface', ...from);
  expect(same.from).toMatch(/, class weights kept, with loss.bias$/);
  expect(biasOf(same.file)).toBe(25);
  const written = await start('written', 'uniface', ...from, '--set', 'loss.bias.initial=7');
  expect(written.from).toMatch(/, class weights kept$/);
  expect(biasOf(written.file)).toBe(7);
});
