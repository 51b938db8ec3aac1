/** Lists of points in the formats that data sets come with. */

import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/common/errors.ts';
import { hash32 } from '../../../src/engine/core/random.ts';
import { parseLandmarks } from '../../../src/normface/alignment/landmark-list.ts';

const pointsOf = (text: string, key: string, first: 0 | 1 = 0) =>
  parseLandmarks(text, 'list.txt', first)
    .faces.get(key)
    ?.map(({ points }) => points.map(({ x, y }) => [x, y]));

const expected = [
  [
    [10, 20],
    [30, 21],
    [19.5, 30],
    [12, 40],
    [28, 41],
  ],
];
const pairs = '10 20 30 21 19.5 30 12 40 28 41';

describe('parseLandmarks', () => {
  test.each([
    ['tabs', `a/1.jpg\t${pairs.replaceAll(' ', '\t')}\n`],
    ['tabs and a class', `a/1.jpg\t17\t${pairs.replaceAll(' ', '\t')}\r\n`],
    ['commas', `a/1.jpg,${pairs.replaceAll(' ', ', ')}`],
    [
      'commas with names of columns',
      `image_id,lefteye_x,lefteye_y,righteye_x,righteye_y,nose_x,nose_y,leftmouth_x,leftmouth_y,rightmouth_x,rightmouth_y\na/1.jpg,${pairs.replaceAll(' ', ',')}`,
    ],
    [
      'CelebA',
      `1\nlefteye_x lefteye_y righteye_x righteye_y nose_x nose_y leftmouth_x leftmouth_y rightmouth_x rightmouth_y\na/1.jpg  ${pairs.replaceAll(' ', '   ')}\n`,
    ],
    ["insightface's .lst", '1\ta/1.jpg\t0\t5\t5\t60\t70\t10\t30\t19.5\t12\t28\t20\t21\t30\t40\t41\n'],
    ['comments, empty lines and a backslash', `# points\n\n.\\a\\1.jpg ${pairs}\n`],
  ])('%s', (_, text) => {
    expect(pointsOf(text, 'a/1.jpg')).toEqual(expected);
  });

  test('a path may hold spaces between tabs', () => {
    expect(
      pointsOf(`my photos/the first.jpg\t${pairs.replaceAll(' ', '\t')}`, 'my photos/the first.jpg'),
    ).toEqual(expected);
  });

  test('counted from 1, every coordinate is one less', () => {
    expect(pointsOf(`a ${pairs}`, 'a', 1)).toEqual([expected[0]!.map(([x, y]) => [x! - 1, y! - 1])]);
  });

  test('numbers as NumPy writes them', () => {
    const numbers = pairs.split(' ').map((text) =>
      Number(text)
        .toExponential(18)
        .replace(/e([+-])(\d)$/, 'e$10$2'),
    );
    expect(numbers[0]).toMatch(/e\+0\d$/);
    expect(pointsOf(`a ${numbers.join(' ')}`, 'a')).toEqual(expected);
  });

  test('our own file, with boxes and scores, counts from 0', () => {
    const own = {
      photographs: [
        { photograph: 'a/1.jpg', faces: [{ points: expected[0], box: [1, 2, 30, 40], score: 0.9 }] },
        { photograph: 'a/2.jpg', faces: [] },
      ],
    };
    const list = parseLandmarks(JSON.stringify(own), 'landmarks.json', 1);
    expect(list.faces.get('a/1.jpg')).toEqual([
      {
        origin: 'landmarks.json photographs[0]',
        points: expected[0]!.map(([x, y]) => ({ x, y })),
        box: { x: 1, y: 2, width: 30, height: 40 },
        score: 0.9,
      },
    ]);
    expect(list.faces.size).toBe(1);
  });

  test('several lines of one path are several faces', () => {
    expect(pointsOf(`a ${pairs}\nb ${pairs}\na ${pairs}`, 'a')).toHaveLength(2);
  });

  test.each([
    ['', 'list.txt names no photographs'],
    ['12\n', 'list.txt names no photographs'],
    ['a', 'list.txt line 1: it has 1 field; there are 11'],
    ['a 1 2 3', 'list.txt line 1: it has 4 fields; there are 11'],
    [`a ${pairs}\nb 3 ${pairs}`, 'list.txt line 2: it has 12 fields, the lines before it 11'],
    [`a ${pairs.replace('30', 'left')}`, 'list.txt line 1: "left" is no coordinate of a pixel'],
    [`a ${pairs.replace('30', 'NaN')}`, 'list.txt line 1: "NaN" is no coordinate'],
    [`a ${pairs.replace('30', '1e300')}`, 'list.txt line 1: "1e300" is no coordinate'],
    [`a ${pairs.replace('30', '0x10')}`, 'list.txt line 1: "0x10" is no coordinate'],
    [`a ${pairs.replace('30', '1e400')}`, 'list.txt line 1: "1e400" is no coordinate'],
    [`a,${pairs.replaceAll(' ', ',').replace('30', '')}`, 'list.txt line 1: "" is no coordinate'],
    [`a,${pairs.replaceAll(' ', ',').replace('30', '0b1')}`, 'list.txt line 1: "0b1" is no coordinate'],
    [`./\t${pairs.replaceAll(' ', '\t')}`, 'list.txt line 1: the path is empty'],
    ['{"photographs": 3}', 'list.txt has no list "photographs"'],
    ['{"photographs": [', 'list.txt is not JSON'],
    ['{"photographs": [null]}', 'list.txt: photographs[0] must have'],
    [
      '{"photographs": [{"photograph": "a", "faces": [{"points": [[1, 2]]}]}]}',
      'list.txt: photographs[0] must have',
    ],
    [`${'{"a":'.repeat(100)}`, 'nested deeper than 64 levels'],
  ])('refuses %j', (text, sentence) => {
    expect(() => parseLandmarks(text, 'list.txt')).toThrow(sentence);
    expect(() => parseLandmarks(text, 'list.txt')).toThrow(UserError);
  });

  test('twenty thousand damaged lists give a list or a sentence', () => {
    const own = JSON.stringify({ photographs: [{ photograph: 'a', faces: [{ points: expected[0] }] }] });
    const texts = [`a/1.jpg\t3\t${pairs.replaceAll(' ', '\t')}\n`.repeat(2), own];
    let refused = 0;
    for (let seed = 0; seed < 20_000; seed++) {
      const text = [...texts[seed % 2]!];
      for (let change = 0; change < 1 + (seed % 3); change++) {
        const at = hash32(seed, change, 0) % text.length;
        text[at] = [
          '',
          '\t',
          '\n',
          '9',
          '-',
          '{',
          ']',
          '"',
          '\u0000',
          String.fromCharCode(hash32(seed, change, 1) % 256),
        ][hash32(seed, change, 2) % 10]!;
      }
      try {
        expect(parseLandmarks(text.join(''), 'list').faces).toBeInstanceOf(Map);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(5000);
    expect(refused).toBeLessThan(20_000);
  });
});

describe('keyOf', () => {
  const list = parseLandmarks(
    ['x/a/1.jpg', 'x/b/1.jpg', 'c/2.jpg'].map((key) => `${key} ${pairs}`).join('\n'),
    'list',
  );

  test('a photograph may have more or fewer folders above it than the list', () => {
    expect(list.keyOf('x/a/1.jpg')).toBe('x/a/1.jpg');
    expect(list.keyOf('data/x/a/1.jpg')).toBe('x/a/1.jpg');
    expect(list.keyOf('a/1.jpg')).toBe('x/a/1.jpg');
    expect(list.keyOf('2.jpg')).toBe('c/2.jpg');
    expect(list.keyOf('d/2.jpg')).toBeUndefined();
    expect(list.keyOf('3.jpg')).toBeUndefined();
  });

  test('what fits several paths is refused', () => {
    expect(() => list.keyOf('1.jpg')).toThrow(
      'list names several photographs that end in 1.jpg; give the folder above it',
    );
  });
});
