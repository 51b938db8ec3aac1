/** WGSL for the editor: colours, indentation, comments. */

import { HighlightStyle, LanguageSupport, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { tags } from '@lezer/highlight';
import { indentationOf, nextToken, startState, type WgslState, type WgslToken } from './wgsl-tokens.ts';

const tagOf = {
  comment: tags.comment,
  attribute: tags.annotation,
  keyword: tags.keyword,
  type: tags.typeName,
  number: tags.number,
  function: tags.function(tags.variableName),
  operator: tags.operator,
  bracket: tags.bracket,
  name: tags.variableName,
} as const satisfies Record<WgslToken, unknown>;

const language = StreamLanguage.define<WgslState>({
  name: 'wgsl',
  startState,
  copyState: (state) => ({ ...state }),
  token: nextToken,
  indent: (state, text, context) => indentationOf(state, text) * context.unit,
  languageData: {
    commentTokens: { line: '//', block: { open: '/*', close: '*/' } },
    closeBrackets: { brackets: ['(', '[', '{'] },
    indentOnInput: /^\s*[})]$/,
  },
  tokenTable: { ...tagOf },
});

/** Colours of the theme: custom properties, so that light and dark need no second set. */
const colours = HighlightStyle.define([
  { tag: tagOf.comment, color: 'var(--code-comment)', fontStyle: 'italic' },
  { tag: tagOf.attribute, color: 'var(--code-attribute)' },
  { tag: tagOf.keyword, color: 'var(--code-keyword)' },
  { tag: tagOf.type, color: 'var(--code-type)' },
  { tag: tagOf.number, color: 'var(--code-number)' },
  { tag: tagOf.function, color: 'var(--code-function)' },
]);

/** The language with its colours. */
export const wgsl = (): LanguageSupport => new LanguageSupport(language, syntaxHighlighting(colours));
