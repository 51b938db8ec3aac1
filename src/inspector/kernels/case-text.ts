/** Cases of operators as a person writes them: `8x28x24x128 3x3 128 stride=2`. */

import { UsageError } from '../../common/errors.ts';
import { suggest } from '../../common/suggest.ts';
import type { BoundCase, InputSpec, Operator } from '../../engine/core/operator.ts';
import type { Shape } from '../../engine/core/shape.ts';

/**
 * Reads a case: extents joined by x, one word an input, and attributes as `key=value`. Inputs at the end may be left out where their
 * shapes follow from the others, as labels and biases do; operators have shorthands of their own.
 *
 * @throws UsageError if it is none of this operator
 */
export function parseCase(operator: Operator, text: string): BoundCase {
  const words = text.trim().split(/\s+/).filter(Boolean);
  const attributes = parseAttributes(
    operator,
    words.filter((word) => word.includes('=')),
  );
  const extents = words.filter((word) => !word.includes('=')).map((word) => parseExtents(word, text));
  if (extents.length === 0)
    throw new UsageError(`the case "${text}" has no extents; write them like ${exampleOf(operator)}`);
  return operator.short(extents, attributes) ?? completed(operator, extents, attributes, text);
}

/** How a case of this operator is written. */
export function exampleOf(operator: Operator): string {
  const [first] = operator.cases.filter(({ inputs }) => inputs.every(({ shape }) => shape.length > 0));
  return `"${(first ?? operator.cases[0]!).inputs.map(({ shape }) => shape.join('x') || '1').join(' ')}"`;
}

function parseExtents(word: string, text: string): Shape {
  const extents = word.split(/[x×]/).map(Number);
  if (!extents.every((extent) => Number.isSafeInteger(extent) && extent > 0))
    throw new UsageError(`the case "${text}" has a word "${word}"; extents are written like 8x28x24x128`);
  return extents;
}

/** Attributes in the type that the operator's own cases have for the key. */
function parseAttributes(operator: Operator, words: readonly string[]): Record<string, unknown> {
  const known = new Map<string, unknown[]>();
  for (const { attributes } of operator.cases) {
    for (const [key, value] of Object.entries(attributes ?? {}))
      known.set(key, [...(known.get(key) ?? []), value]);
  }
  return Object.fromEntries(
    words.map((word) => {
      const key = word.slice(0, word.indexOf('='));
      const written = word.slice(key.length + 1);
      const values = known.get(key);
      if (!values) {
        const guess = suggest(key, [...known.keys()]);
        const names = [...known.keys()].join(', ') || 'none';
        throw new UsageError(
          `${operator.name} has no attribute "${key}"${guess ? `, did you mean "${guess}"?` : ` (it has: ${names})`}`,
        );
      }
      const value = readValue(written);
      if (!values.some((example) => kindOf(example) === kindOf(value)))
        throw new UsageError(
          `${operator.name}: ${key}=${written} is not like ${key}=${JSON.stringify(values[0])}`,
        );
      return [key, value];
    }),
  );
}

function readValue(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return written;
  }
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);

/** The inputs given, and those that follow from them in every case that the operator declares. */
function completed(
  operator: Operator,
  extents: readonly Shape[],
  attributes: Record<string, unknown>,
  text: string,
): BoundCase {
  const fitting = operator.cases.filter(
    ({ inputs }) =>
      inputs.length >= extents.length &&
      extents.every((shape, i) => inputs[i]!.shape.length === shape.length),
  );
  const count = Math.min(...fitting.map(({ inputs }) => inputs.length));
  const alike = fitting.filter(({ inputs }) => inputs.length === count);
  const template = alike.find(({ inputs }) => inputs.every(({ kind }) => kind !== 'outliers')) ?? alike[0];
  if (!template)
    throw new UsageError(
      `the case "${text}" does not fit ${operator.name}; write it like ${exampleOf(operator)}`,
    );
  const inputs = template.inputs.map((input, i): InputSpec => {
    const infer = (d: number): number => {
      const value = inferred(alike, extents, ({ inputs }) => inputs[i]!.shape[d] ?? 0);
      if (value === null)
        throw new UsageError(
          `the case "${text}" leaves input ${i + 1} of ${operator.name} open; write all inputs like ${exampleOf(operator)}`,
        );
      return value;
    };
    const shape = extents[i] ?? input.shape.map((_, d) => infer(d));
    if (input.kind !== 'labels') return { ...input, shape };
    // Where nothing says how many classes there are, any number will do.
    const classes = inferred(alike, extents, ({ inputs }) => inputs[i]!.classes ?? 2) ?? input.classes;
    return { ...input, shape, ...(classes !== undefined && { classes }) };
  });
  return operator.bind(inputs, { ...(template.attributes as object), ...attributes });
}

/** The given extent that equals what is asked for in all cases; where several do, the first. */
function inferred(
  cases: readonly BoundCase[],
  extents: readonly Shape[],
  of: (sample: BoundCase) => number,
): number | null {
  for (const [i, shape] of extents.entries()) {
    // From the end: channels are last however many dimensions there are.
    for (let d = -1; d >= -shape.length; d--) {
      if (cases.every((sample) => sample.inputs[i]!.shape.at(d) === of(sample))) return shape.at(d)!;
    }
  }
  const constant = of(cases[0]!);
  return cases.length > 1 && cases.every((sample) => of(sample) === constant) ? constant : null;
}
