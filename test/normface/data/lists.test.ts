import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { imageName, remarkText } from '../../../src/normface/data/dataset.ts';
import { ImageStore } from '../../../src/normface/data/images/image-store.node.ts';
import { csvRows } from '../../../src/normface/data/lists/csv.ts';
import { isDataset, openDataset } from '../../../src/normface/data/open.node.ts';
import { errorOf, temporaryFolder, writeTree } from './fixtures.ts';

const folder = temporaryFolder();
const faces = Object.fromEntries(
  ['a/1.jpg', 'a/2.jpg', 'b/1.jpg', 'my photos/ann 1.jpg'].map((name) => [`faces/${name}`, 'x']),
);

let written = 0;
function list(name: string, content: string): string {
  return join(writeTree(join(folder, String(written++)), { ...faces, [name]: content }), name);
}

async function keys(name: string, content: string): Promise<string[]> {
  return (await openDataset(list(name, content))).samples.map(({ key }) => key);
}

async function sentence(name: string, content: string): Promise<string> {
  const error = await errorOf(openDataset(list(name, content)));
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).not.toContain('\n');
  return error.message;
}

describe('lists of images', () => {
  test.each<[string, string, string, string[]]>([
    ['path label', 'a.txt', 'faces/a/1.jpg ann\nfaces/b/1.jpg bob\n', ['ann/1.jpg', 'bob/1.jpg']],
    ['label path', 'a.txt', 'ann faces/a/1.jpg\r\n\r\nbob faces/b/1.jpg', ['ann/1.jpg', 'bob/1.jpg']],
    [
      'with tabs',
      'a.txt',
      'faces/my photos/ann 1.jpg\tann lee\nfaces/b/1.jpg\tbob\n',
      ['ann lee/ann 1.jpg', 'bob/1.jpg'],
    ],
    ['with commas', 'a.list', 'faces/a/1.jpg, ann\n', ['ann/1.jpg']],
    ['spaces in a path', 'a.txt', 'faces/my photos/ann 1.jpg ann\n', ['ann/ann 1.jpg']],
    ['numbers as labels', 'a.txt', 'faces/a/1.jpg 10\nfaces/b/1.jpg 9\n', ['09/1.jpg', '10/1.jpg']],
    ['im2rec', 'a.lst', '5\t0.000000\tfaces/a/1.jpg\n6\t12.0\tfaces/b/1.jpg\n', ['00/1.jpg', '12/1.jpg']],
    ['im2rec with several labels', 'a.lst', '5\t3\t0.5\t0.25\tfaces/a/1.jpg\n', ['3/1.jpg']],
    ['paths alone', 'a.lst', 'faces/a/1.jpg\nfaces/b/1.jpg\n', ['a/1.jpg', 'b/1.jpg']],
    [
      'one name in two folders',
      'a.txt',
      'faces/a/1.jpg x\n./faces/b/1.jpg x\nfaces/a/2.jpg x\n',
      ['x/2.jpg', 'x/faces-a-1.jpg', 'x/faces-b-1.jpg'],
    ],
    ['folders of Windows', 'a.txt', 'faces\\a\\1.jpg x\n', ['x/1.jpg']],
    [
      'a table',
      'a.csv',
      'id,path,identity\r\n7,faces/a/1.jpg,"Lee, Ann"\r\n8,"faces/b/1.jpg","the ""B"""\r\n',
      ['Lee, Ann/1.jpg', 'the "B"/1.jpg'],
    ],
    [
      'a table with semicolons',
      'a.csv',
      'File;Subject_ID;note\nfaces/a/1.jpg;ann;"two\nlines"\nfaces/b/1.jpg;bob;\n',
      ['ann/1.jpg', 'bob/1.jpg'],
    ],
    ['a table with tabs', 'a.tsv', 'label\tfilename\nann\tfaces/a/1.jpg\n', ['ann/1.jpg']],
  ])('%s', async (_, name, content, expected) => {
    expect(await keys(name, content)).toEqual(expected);
  });

  test('paths begin at the list; images that are listed again are passed over, which is said', async () => {
    const path = list('a.txt', 'faces/a/1.jpg x\nfaces/a/1.jpg x\nfaces/a/9.jpg x\n');
    const { name, identities, samples, remarks } = await openDataset(path);
    expect([name, identities, samples.map(({ key }) => key)]).toEqual([
      'a.txt',
      ['x'],
      ['x/9.jpg', 'x/faces-a-1.jpg'],
    ]);
    expect(samples[0]!.source).toEqual({ kind: 'file', path: join(path, '../faces/a/9.jpg') });
    expect(remarks!.map(remarkText)).toEqual([
      'images that are listed again passed over: 1 (x/faces-a-1.jpg)',
    ]);
    expect(await isDataset(path)).toBe(true);
  });

  test.each<[string, string, string, string]>([
    [
      'pairs',
      'pairs.txt',
      '10\t300\nAnn\t1\t2\n',
      'pairs.txt line 1: expected the path of an image and a label (path label, label path, or index label path), found "10\t300"',
    ],
    [
      'another line',
      'a.txt',
      'faces/a/1.jpg ann\nfaces/b/1.jpg\n',
      'a.txt line 2: expected path label as on the lines before, found "faces/b/1.jpg"',
    ],
    ['nothing', 'a.txt', '\n\n', 'a.txt lists no images'],
    ['a header only', 'a.csv', 'path,label\n', 'a.csv lists no images'],
    [
      'no header',
      'a.csv',
      'faces/a/1.jpg,ann\n',
      'a.csv line 1: expected a header with a column of paths (path, file, filename, file_name, filepath, image, image_path, img) and one of people (label, identity, person, name, class, subject, id), found "faces/a/1.jpg, ann"',
    ],
    [
      'a missing label',
      'a.csv',
      'path,label\nfaces/a/1.jpg,x\nfaces/a/2.jpg,\n',
      'a.csv line 3: a path or a label is missing',
    ],
    ['an open quote', 'a.csv', 'path,label\n"faces/a/1.jpg,x\n', 'a.csv line 2: a quote is not closed'],
    [
      'text behind a quote',
      'a.csv',
      'path,label\n"faces/a/1.jpg"x,y\n',
      'a.csv line 2: behind a closing quote stands more than a separator',
    ],
    [
      'a label with a slash',
      'a.txt',
      'faces/a/1.jpg x/y\n',
      'a.txt line 1: the label "x/y" can be no folder\'s name',
    ],
    [
      'a label that leads out',
      'a.txt',
      'faces/a/1.jpg ..\n',
      'a.txt line 1: the label ".." can be no folder\'s name',
    ],
  ])('%s: refused in one sentence', async (_, name, content, expected) => {
    expect((await sentence(name, content)).replaceAll('\\t', '\t')).toBe(expected);
  });

  test('an image that cannot be read is called by its path and its line', async () => {
    const path = list('a.txt', 'faces/a/1.jpg 0\n\nfaces/a/passwd 0\n');
    const dataset = await openDataset(path);
    expect(dataset.samples.map(imageName)).toEqual([
      `${join(path, '../faces/a/1.jpg')} (line 1 of the list)`,
      `${join(path, '../faces/a/passwd')} (line 3 of the list)`,
    ]);
    const store = new ImageStore(dataset, { width: 4, height: 4, strict: true });
    try {
      expect(() => store.accept(1, { kind: 'corrupt', reason: 'gone' } as never)).toThrow(
        /a.txt: cannot read the image .*\/faces\/a\/passwd \(line 3 of the list\): gone/,
      );
    } finally {
      await store.close();
    }
  });

  test('a file under two labels is a remark', async () => {
    const { samples, remarks } = await openDataset(
      list('a.txt', 'faces/a/1.jpg x\n./faces/a/1.jpg y\nfaces/b/1.jpg y\n'),
    );
    expect(samples).toHaveLength(3);
    expect(remarks!.map(remarkText)).toEqual(['files that are listed under two labels: 1 (./faces/a/1.jpg)']);
    expect(remarks![0]!.important).toBe(true);
  });

  test.skipIf(process.platform === 'win32')('a pipe is not a regular file', async () => {
    const path = list('a.txt', 'pipe.jpg x\n');
    execFileSync('mkfifo', [join(path, '../pipe.jpg')]);
    expect((await errorOf(openDataset(path))).message).toMatch(
      /^a.txt line 1: .*pipe.jpg is not a regular file$/,
    );
  });

  test('a list whose first image is not there', async () => {
    expect(await sentence('a.txt', 'elsewhere/1.jpg x\n')).toMatch(
      /^a.txt line 1: there is no file .*elsewhere\/1.jpg; paths begin at the folder of the list$/,
    );
  });

  test('tables by RFC 4180', () => {
    const rows = [...csvRows('a,"b ""q"", c"\r\n\r\n"",d\n"x\ny",z', 'a.csv')];
    expect(rows).toEqual([
      { cells: ['a', 'b "q", c'], line: 1 },
      { cells: ['', 'd'], line: 3 },
      { cells: ['x\ny', 'z'], line: 4 },
    ]);
  });
});
