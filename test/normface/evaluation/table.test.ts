import { expect, test } from 'vitest';
import { formatTable } from '../../../src/common/table.ts';

test('columns are aligned and nothing trails', () => {
  const text = formatTable({
    title: 'Accuracy',
    columns: [{ header: 'rule' }, { header: 'softmax', align: 'right' }, { header: 'note' }],
    rows: [['lfw-10fold-cos', '86.3 ± 1.1', 'a'], ['é', '5', ''], ['x']],
    notes: ['± over folds'],
  });
  expect(text.split('\n')).toEqual([
    'Accuracy',
    '',
    'rule               softmax  note',
    '──────────────  ──────────  ────',
    'lfw-10fold-cos  86.3 ± 1.1  a',
    'é                        5',
    'x',
    '± over folds',
  ]);
});

test('a combining accent takes no column; no rows, no failure', () => {
  const decomposed = 'e\u0301';
  const lines = formatTable({ columns: [{ header: 'a' }, { header: 'b' }], rows: [[decomposed, 'c']] }).split(
    '\n',
  );
  expect(lines[2]).toBe(`${decomposed}  c`);
  expect(formatTable({ columns: [{ header: 'only' }], rows: [] })).toBe('only\n────');
});
