import { printable } from './printable.ts';

/** Text for HTML and XML, between tags and in quoted attributes; control characters, which XML forbids, are written out. */
export function escapeMarkup(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
