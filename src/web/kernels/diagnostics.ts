/** What the compiler says of a text, and where that is. */

/** The part of a GPUCompilationMessage that is needed. */
export type CompilerMessage = Pick<
  GPUCompilationMessage,
  'type' | 'message' | 'lineNum' | 'linePos' | 'length'
>;

/** Something that the compiler objects to. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Offsets in the text; at least one letter apart wherever the text has one there. */
  readonly from: number;
  readonly to: number;
}

/** Where the messages of a compiler are in the text that it got. Errors come first, then by place. */
export function problemsOf(text: string, messages: readonly CompilerMessage[]): Problem[] {
  const lines = text.split('\n');
  const starts = [0];
  for (const line of lines) starts.push(starts[starts.length - 1]! + line.length + 1);
  const rank = { error: 0, warning: 1, info: 2 } as const;
  return messages
    .map(({ type, message, lineNum, linePos, length }): Problem => {
      // A message about the whole module has no line; a browser may count one past the end.
      const row = Math.min(Math.max(lineNum, 1), lines.length) - 1;
      const content = lines[row]!;
      const column = lineNum < 1 ? 0 : Math.min(Math.max(linePos, 1) - 1, content.length);
      const from = starts[row]! + column;
      const end = starts[row]! + content.length;
      const to = length > 0 ? Math.min(from + length, text.length) : endOfWord(text, from, end);
      return {
        severity: type,
        message: message.trim(),
        line: row + 1,
        column: column + 1,
        ...widened(from, to, text),
      };
    })
    .sort((a, b) => rank[a.severity] - rank[b.severity] || a.from - b.from);
}

/** The end of the name or number at a place, else one letter on. */
function endOfWord(text: string, from: number, end: number): number {
  const word = /^\w+/.exec(text.slice(from, end));
  return word ? from + word[0].length : Math.min(from + 1, end);
}

/** At the end of a line there is no letter to underline: the one before is. */
function widened(from: number, to: number, text: string): Pick<Problem, 'from' | 'to'> {
  if (to > from) return { from, to };
  return from > 0 && text[from - 1] !== '\n' ? { from: from - 1, to: from } : { from, to: from };
}

/** `line 12: unresolved value 'x'`, for the first error; null where there is none. */
export function firstError(problems: readonly Problem[]): string | null {
  const error = problems.find(({ severity }) => severity === 'error');
  return error ? `line ${error.line}: ${error.message}` : null;
}
