import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { picture } from '../normface/data/fixtures.ts';
import { referenceFeature } from '../normface/models/caffe-reference.ts';
import { netOf } from '../normface/models/formats/caffe-writer.ts';
import { archive, orderedDict, tensor } from '../normface/models/formats/torch-writer.ts';
import { listing, normface, temporaryFolder } from './run.ts';

const root = temporaryFolder();
const model = path.join(root, 'tiny.caffemodel');
const image = path.join(root, 'image.png');
const { pixels } = picture(6, 4, 3);

beforeAll(async () => {
  fs.writeFileSync(model, netOf(3));
  await sharp(pixels, { raw: { width: 6, height: 4, channels: 3 } }).toFile(image);
});

test("a net of Caffe's becomes a run that embeds as Caffe would", async () => {
  const run = path.join(root, 'run');
  const { exitCode, stdout, stderr } = await normface(
    'import',
    model,
    '--to',
    run,
    '--image-size',
    '4x6',
    '--check',
    image,
    '--json',
  );
  expect(stderr).not.toContain('error');
  expect(exitCode).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ format: 'caffe', net: 'tiny', input: [4, 6, 3], unused: [] });
  const expected = referenceFeature(pixels);
  expect(result.feature).toHaveLength(2);
  for (const [i, value] of expected.entries()) expect(result.feature[i]).toBeCloseTo(value, 5);
  const shown = await normface('nets', 'show', path.join(run, 'net.json'));
  expect(shown.stdout).toMatch(/^tiny for images 4×6×3\n/);
  const out = path.join(root, 'features.csv');
  expect((await normface('embed', image, '-c', run, '--out', out, '--merge', 'front')).exitCode).toBe(0);
  const [, row] = fs.readFileSync(out, 'utf8').split('\n');
  expect(row!.split(',').slice(1).map(Number)).toEqual(
    result.feature.map((value: number) => Number(value.toPrecision(9))),
  );
  const again = await normface('import', model, '--to', run, '--image-size', '4x6');
  expect(again).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('holds a run already; name another folder'),
  });
});

test('what is wrong is said in a sentence, and nothing is left', async () => {
  const torch = path.join(root, 'net.pt');
  fs.writeFileSync(torch, archive(orderedDict([['fc.bias', tensor(1, 0, [2], [1])]])));
  fs.writeFileSync(path.join(root, 'cut.caffemodel'), netOf(3).subarray(0, 200));
  fs.writeFileSync(path.join(root, 'map.json'), '["a"]');
  const before = listing(root);
  const to = path.join(root, 'other');
  for (const [words, sentence] of [
    [[torch], 'stores tensors without the net that they belong to: name it with --net'],
    [[torch, '--net', 'small'], 'does not fit small'],
    [[torch, '--net', 'small', '--map', path.join(root, 'map.json')], 'a map is an object of names'],
    [[model], 'does not say how large its images are'],
    [[model, '--image-size', '4x6', '--feature', 'loss'], 'has no value and no node "loss"'],
    [[path.join(root, 'cut.caffemodel')], 'is damaged or of another format: at byte'],
    [[path.join(root, 'none')], 'cannot read'],
    [[model, '--check', path.join(root, 'none.png')], 'there is no image'],
    [[model, '--image-size', '4x6', '--check', path.join(root, 'map.json')], 'cannot read the image'],
  ] as const) {
    const { exitCode, stderr } = await normface('import', ...words, '--to', to);
    expect(stderr).toContain(sentence);
    expect(exitCode).toBe(1);
  }
  const { exitCode, stderr } = await normface('import', model, '--to', to, '--pixels', '127.5');
  expect(stderr).toContain('Give a mean and a divisor, such as 127.5:128.');
  expect(exitCode).toBe(2);
  expect(listing(root)).toEqual(before);
});
