import { describe, expect, test } from 'vitest';
import { integerColumns } from '../../../src/normface/data/integer-columns.ts';
import {
  parseTemplatePairs,
  parseTemplateSubjects,
  parseTemplates,
} from '../../../src/normface/data/protocols/templates.ts';

const text = (content: string) => new TextEncoder().encode(content);
const list = parseTemplates('1.jpg 11 7\nframes/2 b.png 11 7\n\n3.jpg 5 9\n', 'tid.txt');

describe('templates', () => {
  test('images, templates and media; pairs by their places', () => {
    expect(list).toEqual({
      name: 'tid.txt',
      images: ['1.jpg', 'frames/2 b.png', '3.jpg'],
      templates: Uint32Array.of(11, 5),
      template: Uint32Array.of(0, 0, 1),
      media: Uint32Array.of(7, 7, 9),
    });
    const pairs = parseTemplatePairs(text('5 11 0\r\n11,5,1\n'), 'pairs.txt', list);
    expect(pairs).toEqual({
      name: 'pairs.txt',
      a: Uint32Array.of(1, 0),
      b: Uint32Array.of(0, 1),
      same: Uint8Array.of(0, 1),
    });
  });

  test('people of templates, which stand on a line for each image', () => {
    const table = 'TEMPLATE_ID,SUBJECT_ID,FILENAME\n5,70,a.jpg\n5,70,b.jpg\n11,8,c.jpg\n';
    expect(parseTemplateSubjects(table, 'G1.csv', list)).toEqual({
      name: 'G1.csv',
      templates: Uint32Array.of(1, 0),
      subjects: Uint32Array.of(70, 8),
    });
  });

  test.each<[string, () => unknown, string]>([
    [
      'a gallery without a header',
      () => parseTemplateSubjects('5,70\n', 'g.csv', list),
      'g.csv line 1: expected a header with TEMPLATE_ID and SUBJECT_ID',
    ],
    [
      'two people',
      () => parseTemplateSubjects('template_id,subject_id\n5,70\n5,71\n', 'g.csv', list),
      'g.csv line 3: the template 5 shows another person before',
    ],
    [
      'an unknown template',
      () => parseTemplateSubjects('template_id,subject_id\n6,70\n', 'g.csv', list),
      'g.csv line 2: tid.txt has no image of the template 6',
    ],
    [
      'no number',
      () => parseTemplateSubjects('template_id,subject_id\n5,x\n', 'g.csv', list),
      'g.csv line 2: expected the numbers of a template and of a person',
    ],
    [
      'a list',
      () => parseTemplates('1.jpg 11 7\n2.jpg 11\n', 'tid.txt'),
      'tid.txt line 2: expected an image and the numbers of its template and its medium, found "2.jpg 11"',
    ],
    ['an empty list', () => parseTemplates('\n', 'tid.txt'), 'tid.txt is empty'],
    [
      'pairs',
      () => parseTemplatePairs(text('5 11\n'), 'p.txt', list),
      'p.txt line 1: expected the numbers of two templates, and 1 for one person or 0 for two',
    ],
    [
      'a template without images',
      () => parseTemplatePairs(text('5 12 1\n'), 'p.txt', list),
      'p.txt names the template 12, of which tid.txt has no image',
    ],
    [
      'a label',
      () => parseTemplatePairs(text('5 11 2\n'), 'p.txt', list),
      'p.txt: a pair is labelled 2; 1 means same, 0 means different',
    ],
    ['no pairs', () => parseTemplatePairs(text(' \n'), 'p.txt', list), 'p.txt is empty'],
    [
      'a number too long',
      () => integerColumns(text('1234567890123456 1\n'), 2, 'n.txt', 'two'),
      'n.txt line 1: expected two',
    ],
    ['letters', () => integerColumns(text('1 2\n1 x\n'), 2, 'n.txt', 'two'), 'n.txt line 2: expected two'],
  ])('%s: refused', (_, read, expected) => {
    expect(read).toThrow(expected);
  });
});
