/** The page Kernels: the list of all kernels, or one of them where the URL names it. */

import { DeviceError } from '../../engine/core/errors.ts';
import type { Mount, Page } from '../page.ts';
import { element } from '../parts/element.ts';
import { StatusLine } from '../parts/status.ts';
import { afterPaint, Bench } from './bench.ts';
import { listPage } from './list-page.ts';
import { readState } from './url-state.ts';

const nothing: Page = { dispose() {} };

export const mount: Mount = async (root, context) => {
  const state = readState(context.parameters);
  const status = new StatusLine();
  root.append(
    element('div', { class: 'page-head' }, element('h1', {}, state ? state.kernel : 'Kernels')),
    status.element,
  );
  status.busy('opening the GPU');
  let bench: Bench;
  try {
    bench = Bench.of(await context.device());
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    const { listWithoutGpu, sourceWithoutGpu } = await import('./without-gpu.ts');
    if (context.signal.aborted) return nothing;
    root.replaceChildren();
    return state ? sourceWithoutGpu(root, context, state.kernel) : listWithoutGpu(root, context);
  }
  status.busy('looking up the kernels of this adapter');
  await afterPaint();
  if (context.signal.aborted) return nothing;
  const { catalogue } = bench.inspector;
  if (!state) {
    root.replaceChildren();
    return listPage(root, catalogue, context);
  }
  // The editor is a good part of the program: who only looks at the list does not load it.
  const { KernelPage } = await import('./kernel-page.ts');
  if (context.signal.aborted) return nothing;
  bench.inspector.entry(state.kernel); // says it where there is no such kernel
  root.replaceChildren();
  return new KernelPage(root, bench, context, state);
};
