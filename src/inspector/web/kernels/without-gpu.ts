/** What of the kernels needs no GPU: their list, and the files as they are written. */

import sources from 'kernel-sources';
import { UserError } from '../../../normface/errors.ts';
import { suggest } from '../../../normface/training/suggest.ts';
import { headerOf, summaryOf } from '../../kernels/header.ts';
import type { Page, PageContext } from '../page.ts';
import { kernelHead, sourcePanel } from './kernel-layout.ts';
import { listPage } from './list-page.ts';

export function listWithoutGpu(root: HTMLElement, context: PageContext): Page {
  const kernels = Object.entries(sources).map(([name, source]) => ({
    name,
    summary: summaryOf(source),
    uses: [],
  }));
  return listPage(root, kernels, context);
}

/** @throws UserError where there is no such kernel */
export function sourceWithoutGpu(root: HTMLElement, context: PageContext, name: string): Page {
  const source = sources[name];
  if (source === undefined) {
    const near = suggest(name, Object.keys(sources));
    throw new UserError(`there is no kernel "${name}"${near ? `, did you mean "${near}"?` : ''}`);
  }
  const entry = { name, source, summary: summaryOf(source), header: headerOf(source), walks: [] };
  context.setTitle(name);
  root.classList.add('kernel-page');
  root.append(kernelHead(entry), sourcePanel(entry, context.signal, { open: true }));
  return { dispose() {} };
}
