/** What the words of WGSL are, and of the imports and conditions that kernel files add to it: a tokeniser line by line. */

/** Kinds of words that are coloured. */
export type WgslToken =
  | 'comment'
  | 'attribute'
  | 'keyword'
  | 'type'
  | 'number'
  | 'function'
  | 'operator'
  | 'bracket'
  | 'name';

/** What is remembered from one token to the next, also across lines. */
export interface WgslState {
  /** Comments of blocks nest. */
  commentDepth: number;
  /** Inside the angle brackets after `var`. */
  inAddressSpace: boolean;
  /** The keyword before, where it says what the next name is. */
  after: 'fn' | 'struct' | 'alias' | 'var' | null;
  /** Open braces and parentheses, for indentation. */
  depth: number;
}

/** The part of CodeMirror's stream that the tokeniser needs. */
export interface TokenStream {
  /** @param consume whether what matches is taken; default true */
  match(pattern: RegExp, consume?: boolean): unknown;
  eatSpace(): boolean;
  /** Takes a letter; none at the end of the line. */
  next(): unknown;
  skipToEnd(): void;
  current(): string;
}

const keywords = new Set(
  'alias break case const const_assert continue continuing default diagnostic discard else enable false fn for if import let loop override requires return struct switch true var while'.split(
    ' ',
  ),
);

const types =
  /^(?:bool|[fiu]32|f16|vec[234][fiuh]?|mat[234]x[234][fh]?|array|atomic|ptr|sampler(?:_comparison)?|texture_\w+|subgroup_matrix_\w+)$/;

/** Hexadecimal with or without fraction, decimal with or without fraction and exponent, and suffixes. */
const number =
  /^(?:0[xX](?:[\da-fA-F]+\.?[\da-fA-F]*|\.[\da-fA-F]+)(?:[pP][+-]?\d+[fh]?)?[iu]?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fhiu]?)/;

export const startState = (): WgslState => ({
  commentDepth: 0,
  inAddressSpace: false,
  after: null,
  depth: 0,
});

/** Takes the next word. @returns what it is; null for blanks and punctuation */
export function nextToken(stream: TokenStream, state: WgslState): WgslToken | null {
  if (state.commentDepth > 0) return restOfComment(stream, state);
  if (stream.eatSpace()) return null;
  if (stream.match(/^\/\//)) {
    stream.skipToEnd();
    return 'comment';
  }
  if (stream.match(/^\/\*/)) {
    state.commentDepth = 1;
    return restOfComment(stream, state);
  }
  if (stream.match(/^@\s*\w+/)) return 'attribute';
  if (stream.match(number)) return 'number';
  if (stream.match(/^[\p{L}_][\p{L}\p{N}_]*/u)) return wordToken(stream, state);
  return signToken(String(stream.next() ?? ''), state);
}

/** A name, which is a function where a parenthesis follows. */
function wordToken(stream: TokenStream, state: WgslState): WgslToken {
  const word = stream.current();
  const { after } = state;
  state.after = null;
  if (keywords.has(word)) {
    if (word === 'fn' || word === 'struct' || word === 'alias' || word === 'var') state.after = word;
    return 'keyword';
  }
  if (state.inAddressSpace) return 'keyword';
  if (types.test(word) || after === 'struct' || after === 'alias') return 'type';
  const isCalled = after === 'fn' || Boolean(stream.match(/^\s*\(/, false));
  // A capital begins the names of structs and aliases; constants are capitals throughout.
  if (/^[A-Z]\w*[a-z]/.test(word)) return 'type';
  return isCalled ? 'function' : 'name';
}

function signToken(sign: string, state: WgslState): WgslToken | null {
  if (sign === '<' && state.after === 'var') state.inAddressSpace = true;
  else if (sign === '>' && state.inAddressSpace) state.inAddressSpace = false;
  state.after = null;
  if ('{('.includes(sign)) state.depth++;
  if ('})'.includes(sign)) state.depth = Math.max(0, state.depth - 1);
  if ('{}()[]'.includes(sign)) return 'bracket';
  return '+-*/%=<>!&|^~'.includes(sign) ? 'operator' : null;
}

/** Up to the end of the comment, or of the line. */
function restOfComment(stream: TokenStream, state: WgslState): WgslToken {
  while (state.commentDepth > 0) {
    if (stream.match(/^\*\//)) state.commentDepth--;
    else if (stream.match(/^\/\*/)) state.commentDepth++;
    else if (!stream.next()) break;
  }
  return 'comment';
}

/** Steps of indentation of a line that begins with `text`. */
export function indentationOf(state: WgslState, text: string): number {
  return Math.max(0, state.depth - (/^\s*[})]/.test(text) ? 1 : 0));
}
