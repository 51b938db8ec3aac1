import type { Mount } from '../page.ts';
import { element } from '../parts/element.ts';

/** Puts the page into its root. */
export const mount: Mount = (root) => {
  root.append(element('h1', {}, 'Kernels'));
  return { dispose() {} };
};
