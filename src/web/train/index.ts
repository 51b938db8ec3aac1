/** The page Train live: a net learns in the page, and its features are seen as they form. */

import { readSetup } from '../live/setup.ts';
import type { Mount } from '../page.ts';
import { TrainPage } from './train-page.ts';

export const mount: Mount = async (root, context) => {
  await context.device();
  // The frame may have gone on to another page meanwhile.
  if (context.signal.aborted) return { dispose() {} };
  const { setup, problems } = readSetup(context.parameters);
  const page = new TrainPage(context, setup);
  root.append(page.element);
  page.begin(problems);
  return page;
};
