/** Text from outside, such as a file's name, on its way to a terminal or into markup. */

/** Control characters (C0 without tab and line feed, DEL, C1) and marks that turn the direction of writing: all that a terminal obeys. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text with every character that a terminal would obey instead of showing written as `\u001b`. */
export function printable(text: string): string {
  return text.replace(hidden, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As {@link printable}, on one line: for text out of a file, whose line feeds could look like lines of the program. */
export function oneLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n');
}

/** The beginning of a text out of a file as a sentence quotes it: one line, of 200 characters at most. */
export function excerpt(text: string): string {
  return oneLine(text.slice(0, 200));
}
