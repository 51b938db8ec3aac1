/** docs/configuration.md, from the schema that configurations are checked with. */

import { configSchema } from '../../src/normface/training/config/config.ts';
import { cell, code, table } from './markdown.ts';

/** The parts of JSON Schema that the configuration's has. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

const introduction = `# Configuration

<!-- Written by \`npm run docs:reference\` from src/normface/training/config and src/normface/losses; do not edit. -->

\`normface train FILE.json\` reads a JSON object with these keys; all are optional. Flags and \`--set key=value\` win over the file, where a
key inside another is written with a dot: \`--set optimiser.learningRate=0.01\`. A wrong key or value ends the program with status 2 and
one sentence. \`normface train FILE.json --dry-run\` prints all settings with their defaults. \`configs\` has examples, such as

\`\`\`json
{
  "name": "faces-normface",
  "net": "small",
  "data": { "path": "faces/" },
  "loss": { "name": "normface" },
  "optimiser": { "learningRate": 0.05 },
  "schedule": { "kind": "cosine", "warmupSteps": 100 },
  "epochs": 20
}
\`\`\``;

const head = ['key', 'type and range', 'default', 'meaning'];

/** Every key below a node, with dots between its parts, in the order of the schema; losses have sections of their own. */
export function keysOf(node: Schema, prefix = ''): { key: string; schema: Schema; isRequired: boolean }[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, schema]) => {
    const key = prefix + name;
    const row = { key, schema, isRequired: node.required?.includes(name) ?? false };
    if (isLoss(schema)) return [row];
    const branches = schema.oneOf ?? [schema];
    return [row, ...branches.flatMap((branch) => keysOf(branch, `${key}.`))];
  });
}

/** A choice between losses. */
export const isLoss = (schema: Schema) => (schema.oneOf ?? []).some(({ properties }) => properties?.weight);

/** The page. */
export function configurationPage(): string {
  const schema = configSchema() as Schema;
  const losses = schema.properties?.loss?.oneOf ?? [];
  const parts = [
    introduction,
    '## Keys',
    tableOf(keysOf(schema)),
    '## Losses',
    `\`loss\` and \`auxiliaryLoss\` are objects whose \`name\` is one of the following, which decides the other keys: on the command line for
example \`--set loss.name=cosface --set loss.margin=0.4\`. Formulas and sources: [reference](reference.md).`,
    ...losses.map(
      (loss) =>
        `### ${loss.properties?.name?.const}\n\n${prose(loss.description ?? '')}\n\n` +
        tableOf(keysOf(loss).filter(({ key }) => key !== 'name')),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function tableOf(rows: ReturnType<typeof keysOf>): string {
  return table(
    head,
    rows.map(({ key, schema, isRequired }) => [
      code(key),
      typeOf(schema),
      defaultOf(schema) ?? (isRequired ? 'needed' : ''),
      prose(schema.description ?? ''),
    ]),
  );
}

/** The default of a value; objects have those of their keys. */
function defaultOf(schema: Schema): string | undefined {
  const isObject = schema.properties !== undefined || schema.oneOf !== undefined;
  return isObject || schema.default === undefined ? undefined : code(JSON.stringify(schema.default));
}

/** Text of a description, with its pointers into the reference as links. */
function prose(text: string): string {
  return cell(text).replaceAll(/docs\/((\w+)\.md#[\w-]+)/g, '[$2]($1)');
}

/** Type and range of a value in words. */
export function typeOf(schema: Schema): string {
  if (isLoss(schema)) return 'a loss: [see below](#losses)';
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((value) => code(JSON.stringify(value))).join(', ');
  const branches = schema.oneOf ?? schema.anyOf;
  if (branches) return [...new Set(branches.map(typeOf))].join(', or ');
  if (schema.prefixItems) return `list of ${schema.prefixItems.length}: ${typeOf(schema.prefixItems[0]!)}`;
  switch (schema.type) {
    case 'array':
      return `list${schema.minItems ? ` of at least ${schema.minItems}` : ''}: ${typeOf(schema.items ?? {})}`;
    case 'integer':
      return `whole number${rangeOf(schema)}`;
    case 'number':
      return `number${rangeOf(schema)}`;
    default:
      return schema.type ?? 'object';
  }
}

function rangeOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  // What JSON Schema says of every whole number is no bound that anybody chose.
  const isChosen = (bound?: number): bound is number =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const parts = [
    ...(isChosen(minimum) ? [`from ${minimum}`] : []),
    ...(isChosen(exclusiveMinimum) ? [`above ${exclusiveMinimum}`] : []),
    ...(isChosen(maximum) ? [`to ${maximum}`] : []),
    ...(isChosen(exclusiveMaximum) ? [`below ${exclusiveMaximum}`] : []),
  ];
  return parts.length > 0 ? ` ${parts.join(' ')}` : '';
}
