import { describe, expect, test } from 'vitest';
import { type CompilerMessage, firstError, problemsOf } from '../../../src/web/kernels/diagnostics.ts';

const text = 'fn main() {\n  let a = bad_name;\n}\n';
const message = (fields: Partial<CompilerMessage>): CompilerMessage => ({
  type: 'error',
  message: 'unresolved value',
  lineNum: 2,
  linePos: 11,
  length: 0,
  ...fields,
});
const marked = (fields: Partial<CompilerMessage>): string => {
  const { from, to } = problemsOf(text, [message(fields)])[0]!;
  return text.slice(from, to);
};

describe('problems of the compiler', () => {
  test('are where it says, in lines and in letters', () => {
    expect(problemsOf(text, [message({ length: 8 })])).toEqual([
      { severity: 'error', message: 'unresolved value', line: 2, column: 11, from: 22, to: 30 },
    ]);
    expect(text.slice(22, 30)).toBe('bad_name');
  });

  test('without a length cover the word', () => {
    expect(marked({})).toBe('bad_name');
    expect(marked({ linePos: 9 })).toBe('=');
  });

  test('always have something to underline on a line that is not empty', () => {
    expect(marked({ linePos: 99 })).toBe(';');
    expect(marked({ lineNum: 1, linePos: 12 })).toBe('{');
  });

  test('of the whole module, or past its end, are still in the text', () => {
    for (const lineNum of [0, 4, 99]) {
      const { from, to, line } = problemsOf(text, [message({ lineNum, linePos: 0 })])[0]!;
      expect(from).toBeLessThanOrEqual(to);
      expect(to).toBeLessThanOrEqual(text.length);
      expect(line).toBeGreaterThan(0);
    }
  });

  test('errors come first, then warnings, each by place', () => {
    const problems = problemsOf(text, [
      message({ type: 'warning', lineNum: 1, linePos: 1 }),
      message({ lineNum: 3, linePos: 1 }),
      message({ lineNum: 2, linePos: 3 }),
    ]);
    expect(problems.map(({ severity, line }) => `${severity} ${line}`)).toEqual([
      'error 2',
      'error 3',
      'warning 1',
    ]);
    expect(firstError(problems)).toBe('line 2: unresolved value');
    expect(firstError(problems.slice(2))).toBeNull();
  });
});
