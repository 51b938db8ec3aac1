/**
 * What a kernel needs of a compute unit, read off its WGSL. WebGPU has no counters: memory of workgroups is exact, registers are a
 * model.
 */

export interface Needs {
  /** Invocations of a workgroup. */
  readonly workgroupSize: readonly [number, number, number];
  /** Bytes of all `var<workgroup>`. */
  readonly workgroupBytes: number;
  /**
   * 32-bit words of the variables and constants that are in scope at once, along the deepest path of calls: what an invocation holds
   * if the compiler neither keeps temporaries nor lets variables share registers. A model.
   */
  readonly registers: number;
}

const scalars: Readonly<Record<string, number>> = { f32: 1, u32: 1, i32: 1, bool: 1, f16: 0.5 };

/** Components of `vec4f`, `mat4x4<f32>` …, and the type of one. */
const compound = /^(?:vec([234])|mat([234])x([234]))(?:<(\w+)>|([fiuh]))$/;

interface Scope {
  readonly consts: ReadonlyMap<string, string>;
  readonly aliases: ReadonlyMap<string, string>;
  readonly structs: ReadonlyMap<string, readonly string[]>;
}

/** Reads a linked kernel. */
export function needsOf(wgsl: string): Needs {
  const text = wgsl.replaceAll(/\/\/[^\n]*/g, '');
  const scope: Scope = {
    consts: pairs(text, /^const\s+(\w+)(?:\s*:\s*\w+)?\s*=\s*([^;]+);/gm),
    aliases: pairs(text, /^alias\s+(\w+)\s*=\s*([^;]+);/gm),
    structs: new Map(
      [...text.matchAll(/^struct\s+(\w+)\s*\{([^}]*)\}/gm)].map(([, name, body]) => [
        name!,
        [...body!.matchAll(/\w+\s*:\s*([^,]+(?:<[^>]*>)?)(?:,|$)/g)].map(([, type]) => type!.trim()),
      ]),
    ),
  };
  const size = /@workgroup_size\(([^@]*?)\)\s*fn/.exec(text)?.[1] ?? '1';
  const extents = splitTopLevel(size).map((part) => evaluate(part, scope) ?? 1);
  const workgroupBytes = [...text.matchAll(/^var<\s*workgroup\s*>\s*\w+\s*:\s*([^;]+);/gm)]
    .map(([, type]) => 4 * (wordsOf(type!, scope) ?? 0))
    .reduce((sum, bytes) => sum + bytes, 0);
  return {
    workgroupSize: [extents[0] ?? 1, extents[1] ?? 1, extents[2] ?? 1],
    workgroupBytes,
    registers: Math.ceil(peakOf('main', functionsOf(text), scope, [])),
  };
}

function pairs(text: string, pattern: RegExp): Map<string, string> {
  return new Map([...text.matchAll(pattern)].map(([, name, value]) => [name!, value!.trim()]));
}

/** 32-bit words of a type; null for one that is not known. */
function wordsOf(written: string, scope: Scope): number | null {
  const type = written.trim();
  const alias = scope.aliases.get(type);
  if (alias !== undefined) return wordsOf(alias, scope);
  if (type in scalars) return scalars[type]!;
  const parts = compound.exec(type);
  if (parts) {
    const [, vector, columns, rows, element, suffix] = parts;
    const count = vector ? Number(vector) : Number(columns) * Number(rows);
    return count * (suffix === 'h' || element === 'f16' ? 0.5 : 1);
  }
  const array = /^array<(.*)>$/s.exec(type);
  if (array) {
    const [element, count] = splitTopLevel(array[1]!);
    const words = wordsOf(element!, scope);
    const length = count === undefined ? null : evaluate(count, scope);
    return words === null || length === null ? null : words * length;
  }
  const atomic = /^atomic<(\w+)>$/.exec(type);
  if (atomic) return 1;
  const members = scope.structs.get(type);
  return members ? members.reduce((sum, member) => sum + (wordsOf(member, scope) ?? 1), 0) : null;
}

/** Parts between commas that no bracket holds together. */
function splitTopLevel(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const letter of text) {
    if ('(<['.includes(letter)) depth++;
    if (')>]'.includes(letter)) depth--;
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.filter((part) => part.trim() !== '');
}

/** The value of a constant expression of whole numbers; null where it holds anything else. */
function evaluate(expression: string, scope: Scope): number | null {
  const tokens = expression.match(/\w+|[-+*/%(),]/g) ?? [];
  let place = 0;
  const sum = (): number => {
    let value = product();
    while (tokens[place] === '+' || tokens[place] === '-')
      value = tokens[place++] === '+' ? value + product() : value - product();
    return value;
  };
  const product = (): number => {
    let value = factor();
    for (let sign = tokens[place]; sign === '*' || sign === '/' || sign === '%'; sign = tokens[place]) {
      place++;
      const right = factor();
      value = sign === '*' ? value * right : sign === '/' ? Math.trunc(value / right) : value % right;
    }
    return value;
  };
  const factor = (): number => {
    const token = tokens[place++] ?? '';
    if (token === '-') return -factor();
    if (token === '(') return closed(sum());
    if (/^\d/.test(token)) return Number.parseInt(token, 10);
    if (tokens[place] === '(') {
      place++;
      const values = [sum()];
      while (tokens[place] === ',') {
        place++;
        values.push(sum());
      }
      return closed(
        token === 'min' ? Math.min(...values) : token === 'max' ? Math.max(...values) : values[0]!,
      );
    }
    const known = scope.consts.get(token);
    return known === undefined ? Number.NaN : (evaluate(known, scope) ?? Number.NaN);
  };
  const closed = (value: number): number => {
    place++;
    return value;
  };
  const value = sum();
  return Number.isFinite(value) ? value : null;
}

interface FunctionText {
  readonly parameters: readonly string[];
  readonly body: string;
}

function functionsOf(text: string): Map<string, FunctionText> {
  const functions = new Map<string, FunctionText>();
  for (const match of text.matchAll(/\bfn\s+(\w+)\s*\(/g)) {
    const afterName = match.index + match[0].length;
    const open = text.indexOf('{', closing(text, afterName, '(', ')'));
    const end = closing(text, open + 1, '{', '}');
    const parameters = splitTopLevel(text.slice(afterName, closing(text, afterName, '(', ')') - 1));
    const types = parameters.map((parameter) => parameter.slice(parameter.lastIndexOf(':') + 1));
    functions.set(match[1]!, { parameters: types, body: text.slice(open + 1, end - 1) });
  }
  return functions;
}

/** Index after the bracket that closes the one before `start`. */
function closing(text: string, start: number, open: string, close: string): number {
  let depth = 1;
  let i = start;
  for (; i < text.length && depth > 0; i++) {
    if (text[i] === open) depth++;
    if (text[i] === close) depth--;
  }
  return i;
}

/** Declarations, brackets of blocks, and names of functions that are called, in the order of a body. */
const bodyPattern =
  /\b(var|let)\s+(\w+)\s*(?::\s*([^=;]+?))?\s*(?:=\s*(\w+(?:<[^>]*>)?)\s*(\()?|;)|(\{)|(\})|\b(\w+)\s*\(/g;

/** Most words in scope at once in a function and what it calls. */
function peakOf(
  name: string,
  functions: ReadonlyMap<string, FunctionText>,
  scope: Scope,
  callers: readonly string[],
): number {
  const known = functions.get(name);
  if (!known || callers.includes(name)) return 0;
  const callees = [...callers, name];
  const live = [known.parameters.reduce((sum, type) => sum + (wordsOf(type, scope) ?? 1), 0)];
  let peak = 0;
  const total = (): number => live.reduce((sum, words) => sum + words, 0);
  for (const [, kind, , type, first, isCall, open, close, call] of known.body.matchAll(bodyPattern)) {
    if (open) live.push(0);
    else if (close) {
      if (live.length > 1) live.pop();
    } else if (kind) {
      const declared = type ?? (isCall ? first : undefined);
      const callee = isCall && functions.has(first!) ? first! : null;
      if (callee) peak = Math.max(peak, total() + peakOf(callee, functions, scope, callees));
      const words = declared === undefined ? null : wordsOf(declared, scope);
      live[live.length - 1]! += words ?? 1;
    } else if (call && functions.has(call))
      peak = Math.max(peak, total() + peakOf(call, functions, scope, callees));
    peak = Math.max(peak, total());
  }
  return peak;
}
