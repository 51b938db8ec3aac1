/** JSON that somebody else wrote: what is nested without end must not end the stack of the code that walks through it. */

import { oneLine } from './printable.ts';

/** JSON values. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Deeper than any file here; a walk through it by recursion is safe. */
const deepest = 64;

/**
 * `JSON.parse` for texts from outside.
 *
 * @throws SyntaxError when the text is no JSON, or nested deeper than 64 levels
 */
export function parseJson(text: string): unknown {
  checkDepth(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    // V8 quotes the text, whose lines would make several of the sentence.
    throw new SyntaxError(oneLine((error as Error).message));
  }
}

/** Lists and objects inside one another, counted before anything is built from them. */
function checkDepth(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === backslash) i++;
      else if (code === quote) quoted = false;
    } else if (code === quote) quoted = true;
    else if (code === openList || code === openObject) {
      if (++depth > deepest) throw new SyntaxError(`it is nested deeper than ${deepest} levels`);
    } else if (code === closeList || code === closeObject) depth--;
  }
}

const [quote, backslash, openList, closeList, openObject, closeObject] = [...'"\\[]{}'].map((character) =>
  character.charCodeAt(0),
) as [number, number, number, number, number, number];
