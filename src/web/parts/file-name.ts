import { element } from './element.ts';

/** What stays visible of the end of a name: a number and an ending. */
const tail = 12;

/** A name of a file that is cut in its middle where there is no room: names of one folder differ at their ends. */
export function fileName(name: string, before = ''): HTMLElement {
  const at = Math.max(0, name.length - tail);
  return element(
    'span',
    { class: 'file-name', title: name },
    element('span', { class: 'file-name-start' }, before + name.slice(0, at)),
    element('span', {}, name.slice(at)),
  );
}
