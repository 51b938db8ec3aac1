import { expect, test } from 'vitest';
import { formatTable } from '../../../src/common/table.ts';
import { summarise } from '../../../src/inspector/profile/summary.ts';
import { dispatchTable, operatorTable } from '../../../src/inspector/profile/tables.ts';
import { sample } from './sample.ts';

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

test('times, arithmetic, traffic and shares of dispatches, calls and operators add up to those of the step', () => {
  const { dispatches, calls, operators, total } = summarise(sample);
  for (const key of ['microseconds', 'flops', 'bytes', 'leastMicroseconds', 'timeShare'] as const) {
    expect(sum(dispatches.map((row) => row[key]))).toBeCloseTo(total[key], 6);
    expect(sum(operators.map((row) => row[key]))).toBeCloseTo(total[key], 6);
  }
  expect(total.timeShare).toBe(1);
  expect(sum(operators.map((row) => row.dispatches))).toBe(sample.dispatches.length);
  expect(sum(operators.map((row) => row.calls))).toBe(calls.length);
  expect(calls.flatMap((call) => call.dispatches)).toEqual(dispatches);
});

test('neighbours of one operator are calls of their own where their numbers differ', () => {
  const { operators } = summarise(sample);
  expect(operators.find(({ operator, phase }) => operator === 'conv2d' && phase === 'forward')).toMatchObject(
    { calls: 2, dispatches: 3 },
  );
  const unnumbered = { ...sample, dispatches: sample.dispatches.map(({ call: _, ...rest }) => rest) };
  const merged = summarise(unnumbered).operators.find(
    ({ operator, phase }) => operator === 'conv2d' && phase === 'forward',
  );
  expect(merged).toMatchObject({ calls: 1, dispatches: 3 });
});

test('operators come by time, with the variant that took most of it first', () => {
  const { operators } = summarise(sample);
  const times = operators.map(({ microseconds }) => microseconds);
  expect(times).toEqual([...times].sort((a, b) => b - a));
  expect(operators[0]).toMatchObject({ operator: 'conv2d', phase: 'backward' });
  expect(operators[1]!.variants.map((text) => text.split(' (')[0])).toEqual([
    'subgroup 32×64',
    'winograd 4×4',
  ]);
});

test('the table of operators ends in the sum', () => {
  const text = formatTable(operatorTable(sample));
  expect(text).toMatch(
    /conv2d backward +1 +1 +700 µs +50\.1 % +34\.3 +2\.57 +arithmetic +68\.6 % +subgroup 32×64/,
  );
  expect(text).toMatch(/conv2d +2 +3 +484 µs .* and 1 other/);
  expect(text).toMatch(/all +8 +9 +1\.40 ms +100\.0 %/);
  expect(text).toMatch(/^roofline: 50\.0 GFLOP\/s, 10\.0 GB\/s, /m);
  const beaten = { ...sample, roofline: { ...sample.roofline, atLeast: true } };
  expect(formatTable(operatorTable(beaten))).toMatch(/^roofline: at least 50\.0 GFLOP\/s, /m);
  expect(text).toMatch(/median of 5 runs, timestamp queries; a replay of the whole step takes 1\.35 ms/);
});

test('the table of dispatches is in order or by time, and what is left out is one row', () => {
  const numbers = (rows: readonly (readonly string[])[]) => rows.map(([index]) => index);
  expect(numbers(dispatchTable(sample, { order: 'step' }).rows)).toEqual([...'012345678', '']);
  const { rows } = dispatchTable(sample, { limit: 2 });
  expect(numbers(rows)).toEqual(['6', '2', '', '']);
  expect(rows[2]![1]).toBe('7 others');
  const shares = rows.slice(0, 3).map((row) => Number(row[4]!.replace(' %', '')));
  expect(sum(shares)).toBeCloseTo(100, 0);
});

test('a profile without dispatches has empty sums', () => {
  const empty = { ...sample, dispatches: [] };
  expect(summarise(empty)).toMatchObject({
    dispatches: [],
    operators: [],
    total: { timeShare: 0, by: null },
  });
});
