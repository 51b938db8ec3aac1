/** What is wrong with a configuration, in one sentence. */

import type { z } from 'zod';
import { showValue } from '../../../common/show-value.ts';
import { suggest } from '../../../common/suggest.ts';

/**
 * One sentence for one issue of the schema check.
 *
 * @param input what was checked
 * @param schema what it was checked against
 */
export function explain(issue: z.core.$ZodIssue, input: unknown, schema: JsonSchema): string {
  const path = issue.path.map(String);
  const key = path.join('.');
  const value = path.reduce<unknown>(
    (node, part) => (node as Record<string, unknown> | undefined)?.[part],
    input,
  );
  if (issue.code === 'unrecognized_keys') {
    const unknown = [...path, issue.keys[0]].join('.');
    const known = allKeys(schema);
    const others = path.length === 1 && /loss$/i.test(key) ? lossesWith(schema, issue.keys[0]!) : [];
    if (others.length > 0) {
      const { name } = value as { name: string };
      return `the loss "${name}" has no option "${issue.keys[0]}"; name one that has it as ${key}.name: ${others.join(', ')}`;
    }
    if (known.includes(unknown)) return `the key "${unknown}" does not belong to this ${path.at(-1)}`;
    const guess = suggest(unknown, known);
    return `unknown key "${unknown}"${guess ? `, did you mean "${guess}"?` : ''}`;
  }
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)) {
    const names = issue.options.map(String);
    if (value === undefined) return `${key} is missing: give one of ${names.join(', ')}`;
    const guess = suggest(String(value), names);
    return `${key} is ${showValue(value)}, expected one of ${names.join(', ')}${guess ? ` (did you mean "${guess}"?)` : ''}`;
  }
  const where = key === '' ? 'the configuration' : key;
  if (value === undefined) return `${where} is missing`;
  switch (issue.code) {
    case 'invalid_type':
      return `${where} is ${showValue(value)}, expected ${wanted(issue.expected, value)}`;
    case 'invalid_value':
      return `${where} is ${showValue(value)}, expected one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      if (issue.origin === 'string') return `${where} is empty`;
      if (issue.origin === 'array')
        return `${where} is ${showValue(value)}, expected ${issue.minimum} values`;
      return `${where} is ${showValue(value)}, expected ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'array')
        return `${where} is ${showValue(value)}, expected ${issue.maximum} values`;
      return `${where} is ${showValue(value)}, expected ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    default:
      return `${where} is ${showValue(value)}: ${issue.message}`;
  }
}

/** A type in words, for a value that is none. */
function wanted(type: string, value: unknown): string {
  if (type === 'int') return 'a whole number';
  if (type === 'tuple') return 'a list';
  if (type === 'number' && typeof value === 'number') return 'a finite number';
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

/** Names of the losses that have an option. */
function lossesWith(schema: JsonSchema, option: string): string[] {
  const { oneOf = [], anyOf = [] } = schema.properties!.loss!;
  return [...oneOf, ...anyOf].flatMap(({ properties = {} }) =>
    option in properties && properties.name?.const ? [properties.name.const] : [],
  );
}

/** Every dotted key of the schema, for suggestions. */
function allKeys(schema: JsonSchema): string[] {
  const keys = new Set<string>();
  const walk = (node: JsonSchema, prefix: string): void => {
    for (const [name, child] of Object.entries(node.properties ?? {})) {
      keys.add(prefix + name);
      walk(child, `${prefix}${name}.`);
    }
    for (const option of [...(node.oneOf ?? []), ...(node.anyOf ?? [])]) walk(option, prefix);
  };
  walk(schema, '');
  return [...keys];
}

/** What is looked at of a JSON Schema. */
export interface JsonSchema {
  const?: string;
  properties?: Record<string, JsonSchema>;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
}
