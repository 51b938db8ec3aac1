/** Names and pictures that somebody made to do harm, on their way through the program. */

import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const person = 'b\u001b]0;title\u0007ctl';

beforeAll(async () => {
  const picture = await sharp({ create: { width: 48, height: 56, channels: 3, background: '#804020' } })
    .jpeg()
    .toBuffer();
  fs.mkdirSync(path.join(root, 'faces', person), { recursive: true });
  for (const k of [1, 2]) fs.writeFileSync(path.join(root, 'faces', person, `${k}.jpg`), picture);
  fs.writeFileSync(path.join(root, 'faces', person, '3.jpg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f]/;

test('control characters of names are written out, and programs are no images', async () => {
  const { stdout, stderr } = await normface('data', 'check', path.join(root, 'faces'));
  expect(stdout + stderr).toContain('\\u001b]0;title\\u0007ctl');
  expect(stdout + stderr).toContain('not an image of a known format');
  expect(stdout + stderr).not.toMatch(obeyed);
  const missing = await normface('data', 'check', path.join(root, person));
  expect(missing.stderr).not.toMatch(obeyed);
});

test('--max-pixels bounds what is decoded', async () => {
  const refused = await normface('data', 'check', path.join(root, 'faces'), '--max-pixels', '100');
  expect(refused.stdout + refused.stderr).toContain('more than 0.0001 megapixels; --max-pixels allows more');
  const wrong = await normface('data', 'check', path.join(root, 'faces'), '--max-pixels', 'many');
  expect(wrong.exitCode).toBe(2);
});
