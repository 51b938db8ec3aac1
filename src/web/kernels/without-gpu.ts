/** What of the kernels needs no GPU: their list, and the files as they are written. */

import { UserError } from '../../common/errors.ts';
import { suggest } from '../../common/suggest.ts';
import { headerOf, summaryOf } from '../../inspector/kernels/header.ts';
import type { Page, PageContext } from '../page.ts';
import { kernelFiles } from './kernel-files.ts';
import { kernelHead, sourcePanel } from './kernel-layout.ts';
import { listPage } from './list-page.ts';

export function listWithoutGpu(root: HTMLElement, context: PageContext): Page {
  const kernels = [...kernelFiles].map(([name, { source }]) => ({
    name,
    summary: summaryOf(source),
    uses: [],
  }));
  return listPage(root, kernels, context);
}

/** @throws UserError where there is no such kernel */
export function sourceWithoutGpu(root: HTMLElement, context: PageContext, name: string): Page {
  const file = kernelFiles.get(name);
  if (!file) {
    const near = suggest(name, [...kernelFiles.keys()]);
    throw new UserError(`there is no kernel "${name}"${near ? `, did you mean "${near}"?` : ''}`);
  }
  const { source } = file;
  const entry = { name, source, summary: summaryOf(source), header: headerOf(source), mainloops: [] };
  context.setTitle(name);
  root.classList.add('kernel-page');
  root.append(kernelHead(entry), sourcePanel(entry, context.signal, { open: true }));
  return { dispose() {} };
}
