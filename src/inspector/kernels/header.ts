/** What a kernel's file says about itself. */

/** The comment that a kernel file begins with, without the slashes. */
export function headerOf(source: string): string {
  const lines = source.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n')
    .trim();
}

/** The first sentence of a header, on one line; it ends in a full stop before a blank, which formulas and names do not have. */
export function summaryOf(source: string): string {
  const paragraph = headerOf(source)
    .split(/\n\s*\n/)[0]!
    .replaceAll(/\s*\n\s*/g, ' ');
  const sentence = /^(.*?)(?<!\bet al)\.(?:\s|$)/.exec(paragraph)?.[1] ?? paragraph;
  return sentence.replace(/[.:,]$/, '');
}

/** Names after `import constants::`. */
export function constantsOf(source: string): string[] {
  return [...source.matchAll(/^import constants::(?:\{([^}]*)\}|(\w+));/gm)].flatMap(([, many, one]) =>
    (many ?? one!).split(',').map((name) => name.trim()),
  );
}

/** Names inside `@if(…)`. */
export function conditionsOf(source: string): string[] {
  const names = [...source.matchAll(/@if\(([^)]*)\)/g)].flatMap(
    ([, condition]) => condition!.match(/\w+/g) ?? [],
  );
  return [...new Set(names)];
}
