import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import {
  minimumImages,
  remarkText,
  samplesByIdentity,
  subset,
  warningsOf,
} from '../../../src/normface/data/dataset.ts';
import { decodeSource } from '../../../src/normface/data/images/decode.node.ts';
import { openDataset } from '../../../src/normface/data/open.node.ts';
import { encode, errorOf, realData, tarOf, temporaryFolder, writeTree } from './fixtures.ts';

const folder = temporaryFolder();
const small = await encode('jpeg', 12, 14, 1);

async function sentence(what: Parameters<typeof openDataset>[0]): Promise<string> {
  const error = await errorOf(openDataset(what));
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).not.toContain('\n');
  return error.message;
}

describe('folders', () => {
  test('classes are sorted by name, samples by class and key; other and hidden files are ignored', async () => {
    const path = writeTree(join(folder, 'tree'), {
      'b/2.jpg': small,
      'b/10.JPG': small,
      'a/1.png': await encode('png', 12, 14, 2),
      'B/1.webp': small,
      'a/notes.txt': 'x',
      'README.md': 'x',
      '.cache/1.jpg': small,
      'a/._1.jpg': small,
    });
    const dataset = await openDataset(path);
    expect(dataset.name).toBe('tree');
    expect(dataset.identities).toEqual(['B', 'a', 'b']);
    expect(dataset.samples.map(({ identity, key }) => [identity, key])).toEqual([
      [0, 'B/1.webp'],
      [1, 'a/1.png'],
      [2, 'b/10.JPG'],
      [2, 'b/2.jpg'],
    ]);
    expect(samplesByIdentity(dataset)).toEqual([[0], [1], [2, 3]]);
  });

  test('leading folders are fine, and links are followed without going in circles', async () => {
    const path = writeTree(join(folder, 'leading'), { 'deep/er/anna/1.jpg': small, 'elsewhere.txt': 'x' });
    mkdirSync(join(folder, 'outside'));
    writeFileSync(join(folder, 'outside', '7.jpg'), small);
    symlinkSync(join(folder, 'outside'), join(path, 'deep/er/berta'));
    symlinkSync(join(path, 'deep'), join(path, 'deep/er/circle'));
    symlinkSync(join(folder, 'nowhere'), join(path, 'deep/er/anna/2.jpg'));
    const dataset = await openDataset(path);
    expect(dataset.samples.map(({ key }) => key)).toEqual(['anna/1.jpg', 'anna/2.jpg', 'berta/7.jpg']);
    await expect(decodeSource(dataset.samples[1]!.source)).rejects.toThrow('there is no such file');
  });

  test('two links to one folder are two people, which is said', async () => {
    const path = writeTree(join(folder, 'linked'), { 'store/1.jpg': small, 'faces/cy/1.jpg': small });
    for (const name of ['anna', 'berta']) symlinkSync(join(path, 'store'), join(path, 'faces', name));
    symlinkSync('.', join(path, 'faces', 'circle'));
    const dataset = await openDataset(join(path, 'faces'));
    expect(dataset.samples.map(({ key }) => key)).toEqual(['anna/1.jpg', 'berta/1.jpg', 'cy/1.jpg']);
    expect(dataset.remarks?.map(remarkText)).toEqual([
      'folders that are read under several names, through links: 1 (anna = berta)',
      'links that lead back to a folder above them passed over: 1 (circle)',
    ]);
    expect(warningsOf(dataset)).toEqual([
      'faces: folders that are read under several names, through links: 1 (anna = berta)',
    ]);
  });

  test('links between folders that multiply with every step come to an end', async () => {
    const path = join(folder, 'knot');
    for (let k = 0; k < 40; k++) {
      mkdirSync(join(path, String(k)), { recursive: true });
      for (const link of ['l', 'r']) symlinkSync(join(path, String(k + 1)), join(path, String(k), link));
    }
    expect(await sentence(path)).toMatch(
      /^knot holds no images .* more than 100 names through links passed over/,
    );
  });

  test('images count by their bytes, whatever their names end in', async () => {
    const head = (text: string) => Buffer.from(text.padEnd(40, '\0'), 'latin1');
    const path = writeTree(join(folder, 'endings'), {
      'a/1.jpg': small,
      'a/2.heic': small,
      'a/3': await encode('png', 12, 14, 2),
      'a/4.jfif': small,
      'a/5.bmp': head('BM\x36\x7e\0\0'),
      'a/6.BMP': head('BM\x36\x7e\0\0'),
      'a/7.heic': head('\0\0\0\x18ftypheic\0\0\0\0mif1heic'),
      'a/8.jxl': head('\xff\x0a'),
      'a/9.txt': 'BMW, P5 and GIF are words',
      'b/1.pgm': 'P5\n1 1\n255\n\x07',
      'b/2.gray': 'P5\n1 1\n255\n\x07',
      'b/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg': small,
      'b/.thumbnails/1.jpg': small,
    });
    const dataset = await openDataset(path);
    expect(dataset.samples.map(({ key }) => key)).toEqual([
      'a/1.jpg',
      'a/2.heic',
      'a/3',
      'a/4.jfif',
      'b/1.pgm',
      'b/2.gray',
    ]);
    for (const { source } of dataset.samples) expect((await decodeSource(source)).width).toBeGreaterThan(0);
    expect(dataset.remarks?.map(remarkText)).toEqual([
      'folders of the system passed over: 1 (b/@eaDir)',
      'hidden folders passed over: 1 (b/.thumbnails)',
      'BMP images (.bmp) passed over, a format that is not read: 2 (a/5.bmp, a/6.BMP)',
      'HEIC images (.heic) passed over, a format that is not read: 1 (a/7.heic)',
      'JPEG XL images (.jxl) passed over, a format that is not read: 1 (a/8.jxl)',
      'JPEG images whose names end otherwise (.heic) read: 1 (a/2.heic)',
      'JPEG images whose names end otherwise (.jfif) read: 1 (a/4.jfif)',
      'PGM or PPM images whose names end otherwise (.gray) read: 1 (b/2.gray)',
      'PNG images whose names end otherwise (no ending) read: 1 (a/3)',
      'files that are no images (.txt) passed over: 1 (a/9.txt)',
    ]);
    expect(warningsOf(dataset)).toHaveLength(4);
  });

  test('of images in odd places those are named that differ from most', async () => {
    const tree = Object.fromEntries(['a', 'b', 'c'].map((name) => [`set/${name}/1.jpg`, small]));
    expect(await sentence(writeTree(join(folder, 'odd'), { ...tree, '@first/x/y/1.jpg': small }))).toBe(
      'odd has an image outside the identity folders: @first/x/y/1.jpg (expected set/identity/image for every image)',
    );
    writeTree(join(folder, 'odd'), { '@first/2.jpg': small });
    expect(await sentence(join(folder, 'odd'))).toBe(
      'odd has 2 of 5 images outside the identity folders, such as @first/2.jpg (expected set/identity/image for every image)',
    );
  });

  test('what cannot be a data set is refused in one sentence', async () => {
    mkdirSync(join(folder, 'empty'));
    expect(await sentence(join(folder, 'empty'))).toBe('empty is empty: it holds no files');
    writeTree(join(folder, 'texts'), { 'a/x.txt': 'x', 'b/y.doc': 'y' });
    expect(await sentence(join(folder, 'texts'))).toBe(
      'texts holds no images that can be read; files that are no images (.doc) passed over: 1 (b/y.doc); files that are no images (.txt) passed over: 1 (a/x.txt)',
    );
    writeTree(join(folder, 'flat'), { '1.jpg': small });
    expect(await sentence(join(folder, 'flat'))).toBe(
      'flat has an image outside the identity folders: 1.jpg (expected identity/image for every image)',
    );
    writeTree(join(folder, 'uneven'), { 'set/a/1.jpg': small, 'set/b/c/1.jpg': small });
    expect(await sentence(join(folder, 'uneven'))).toBe(
      'uneven has an image outside the identity folders: set/b/c/1.jpg (expected set/identity/image for every image)',
    );
    expect(await sentence(join(folder, 'missing'))).toMatch(
      /^cannot open the data set .*missing: there is no such file$/,
    );
    expect(await sentence(join(folder, 'flat/1.jpg'))).toBe(
      '1.jpg is one JPEG image, not a folder or an archive of identity/image',
    );
    expect(await sentence(join(folder, 'flat/1.jpg/x'))).toMatch(/a part of the path is not a folder$/);
  });

  test.skipIf(process.getuid?.() === 0)('a folder without permission is named', async () => {
    const path = writeTree(join(folder, 'locked'), { 'a/1.jpg': small });
    chmodSync(join(path, 'a'), 0);
    expect(await sentence(path)).toMatch(/^cannot read the folder .*locked\/a: permission denied$/);
    chmodSync(join(path, 'a'), 0o700);
  });
});

describe('archives', () => {
  const write = (name: string, content: Uint8Array) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  test('the same tree gives the same data set and pixels, also with names too long for a tar header', async () => {
    const longName = `${'n'.repeat(150)}/${'ü'.repeat(90)}.jpg`;
    const files = { 'faces/anna/2.jpg': await encode('jpeg', 20, 10, 2), [`faces/${longName}`]: small };
    const unpacked = await openDataset(writeTree(join(folder, 'unpacked'), files));
    const packed = await openDataset(
      write('packed.tar', await tarOf({ './faces/notes.txt': 'x', ...files })),
    );
    expect(packed.identities).toEqual(unpacked.identities);
    expect(packed.samples.map(({ key }) => key)).toEqual(unpacked.samples.map(({ key }) => key));
    expect(packed.samples.map(({ key }) => key)).toEqual(['anna/2.jpg', longName]);
    for (const [i, { source }] of packed.samples.entries()) {
      expect(source.kind).toBe('range');
      expect(await decodeSource(source)).toEqual(await decodeSource(unpacked.samples[i]!.source));
    }
  });

  test('an entry that comes again replaces the first; a hard link leads to its content', async () => {
    const { pack } = await import('tar-stream');
    const archive = pack();
    const second = await encode('jpeg', 30, 30, 3);
    archive.entry({ name: 'a/1.jpg' }, small);
    archive.entry({ name: 'a/1.jpg' }, second);
    archive.entry({ name: 'b/1.jpg', type: 'link', linkname: 'a/1.jpg' });
    archive.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of archive) chunks.push(chunk as Buffer);
    const dataset = await openDataset(write('links.tar', Buffer.concat(chunks)));
    expect(dataset.samples.map(({ key }) => key)).toEqual(['a/1.jpg', 'b/1.jpg']);
    for (const { source } of dataset.samples) expect((await decodeSource(source)).width).toBe(30);
  });

  test('what is no whole plain tar archive is refused in one sentence', async () => {
    const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251);
    expect(await sentence(write('noise.tar', noise))).toBe('noise.tar is not a readable tar archive');
    expect(await sentence(write('short.tar', noise.subarray(0, 100)))).toBe(
      'short.tar is not a readable tar archive',
    );
    expect(await sentence(write('nothing.tar', new Uint8Array()))).toBe(
      'nothing.tar is not a readable tar archive: the file is empty',
    );
    expect(await sentence(write('zeros.tar', new Uint8Array(10240)))).toBe(
      'zeros.tar is empty: it holds no files',
    );
    const whole = await tarOf({ 'a/1.jpg': small, 'a/2.jpg': small });
    const secondHeader = 512 + Math.ceil(small.length / 512) * 512;
    expect(await sentence(write('cut.tar', whole.subarray(0, secondHeader + 600)))).toBe(
      'cut.tar is cut short: it ends inside a/2.jpg',
    );
    const damaged = Buffer.from(whole);
    damaged.fill(0x55, secondHeader, secondHeader + 100);
    expect(await sentence(write('damaged.tar', damaged))).toMatch(
      /^damaged\.tar is damaged after a\/1\.jpg: /,
    );
    expect(await sentence(write('texts.tar', await tarOf({ 'a/x.txt': 'x' })))).toMatch(
      /^texts\.tar holds no images/,
    );
  });
});

describe('generated faces', () => {
  test('a specification gives recipes, as text or as an object', async () => {
    const dataset = await openDataset('generated:identities=3,samples=2,seed=9,first=10');
    expect(dataset.identities).toEqual(['person_0011', 'person_0012', 'person_0013']);
    expect(dataset.samples[3]).toEqual({
      identity: 1,
      key: 'person_0012/person_0012_0002',
      source: { kind: 'generated', seed: 9, identity: 11, sample: 1 },
    });
    expect(await openDataset({ identities: 3, samples: 2, seed: 9, first: 10 })).toEqual(dataset);
    const poor = await openDataset('generated:identities=1,samples=1,blur=60,detail=24');
    expect(poor.samples[0]!.source).toMatchObject({ quality: { blur: 60, detail: 24 } });
    const drawn = await openDataset('generated:identities=3,samples=2,seed=9,first=10,blur=1..250,detail=24');
    expect(drawn.samples.map(({ key }) => key)).toEqual(dataset.samples.map(({ key }) => key));
    const qualities = drawn.samples.map(({ source }) =>
      source.kind === 'generated' ? source.quality : undefined,
    );
    expect(qualities).toEqual(Array.from({ length: 6 }, () => ({ blur: expect.any(Number), detail: 24 })));
    expect(new Set(qualities.map((quality) => quality?.blur)).size).toBe(6);
    const usual = await openDataset('generated');
    expect([usual.identities.length, usual.samples.length]).toEqual([200, 4000]);
  });

  test('a wrong specification is a usage error', async () => {
    const cases: [Parameters<typeof openDataset>[0], string][] = [
      ['generated:people=3', 'unknown key "people" (known: identities, samples, seed, first, blur, detail)'],
      ['generated:samples=x', 'samples must be a whole number of at least 1, got "x"'],
      ['generated:samples', 'samples must be a whole number of at least 1, got ""'],
      ['generated:identities=-5', 'identities must be a whole number of at least 1, got "-5"'],
      ['generated:samples=0', 'samples must be a whole number of at least 1, got 0'],
      [{ identities: 2.5 }, 'identities must be a whole number of at least 1, got 2.5'],
      ['generated:blur=251', 'blur must be at most 250 thousandths of the width, got 251'],
      ['generated:blur=low', 'blur must be a whole number of at least 0, got "low"'],
      ['generated:blur=1..', 'blur must be a whole number of at least 0, got "1.."'],
      ['generated:blur=3..1', 'blur must rise, such as 1..3, got 3..1'],
      ['generated:blur=0..251', 'blur must be at most 250 thousandths of the width, got 251'],
      ['generated:samples=1..2', 'samples must be a whole number of at least 1, got "1..2"'],
      ['generated:detail=0..9', 'detail must be a whole number of at least 1, got 0'],
      ['generated:detail=0', 'detail must be a whole number of at least 1, got 0'],
      ['generated:identities=4000000,samples=3', 'more than the possible 10000000'],
    ];
    for (const [what, expected] of cases) {
      const error = await errorOf(openDataset(what));
      expect(error).toMatchObject({ exitCode: 2 });
      expect(error.message).toContain(expected);
    }
  });
});

describe('subsets', () => {
  test('classes are renumbered, empty ones disappear', async () => {
    const dataset = await openDataset('generated:identities=4,samples=3');
    const odd = subset(
      dataset,
      (sample, identity) => identity !== 'person_0002' && !sample.key.endsWith('_0003'),
    );
    expect(odd.identities).toEqual(['person_0001', 'person_0003', 'person_0004']);
    expect(odd.samples.map(({ identity }) => identity)).toEqual([0, 0, 1, 1, 2, 2]);
    expect(subset(dataset, () => false)).toMatchObject({ identities: [], samples: [] });
  });

  test('people with too few images are left out; when that is everybody, it is an error', async () => {
    const path = writeTree(join(folder, 'counts'), {
      'a/1.jpg': small,
      'b/1.jpg': small,
      'b/2.jpg': small,
      'c/1.jpg': small,
    });
    const dataset = await openDataset(path);
    expect(minimumImages(dataset, 2).samples.map(({ key }) => key)).toEqual(['b/1.jpg', 'b/2.jpg']);
    expect(minimumImages(dataset, 1)).toEqual(dataset);
    const singles = subset(dataset, (sample) => sample.key.endsWith('/1.jpg'));
    expect(() => minimumImages(singles, 2)).toThrow(
      new UserError(
        'counts holds 3 identities with 3 images, but none of them has the 2 images that are needed',
      ),
    );
  });
});

describe('real archives', () => {
  const lfw = realData('lfw/lfw-112x96.tar');
  const orl = realData('orl/orl.tar');

  test.skipIf(!lfw)('LFW: 13,233 images of 5,749 people', async () => {
    const dataset = await openDataset(lfw!);
    expect([dataset.identities.length, dataset.samples.length]).toEqual([5749, 13233]);
    expect(minimumImages(dataset, 2)).toMatchObject({
      identities: { length: 1680 },
      samples: { length: 9164 },
    });
    const image = await decodeSource(dataset.samples[13232]!.source);
    expect([image.width, image.height]).toEqual([96, 112]);
  });

  test.skipIf(!orl)('ORL: 400 PGM images of 40 people', async () => {
    const dataset = await openDataset(orl!);
    expect([dataset.identities.length, dataset.samples.length]).toEqual([40, 400]);
    const image = await decodeSource(dataset.samples[0]!.source);
    expect([image.width, image.height, image.pixels.length]).toEqual([92, 112, 92 * 112 * 3]);
  });
});
