/** A thread that evaluates references, which would block the page. Bundled as a file of its own. */

import { doTask, type ReferenceTask } from './reference-task.ts';

/** What the thread answers. */
export type ReferenceAnswer = { readonly check: ReturnType<typeof doTask> } | { readonly failure: string };

addEventListener('message', ({ data }: MessageEvent<ReferenceTask>) => {
  let answer: ReferenceAnswer;
  try {
    answer = { check: doTask(data) };
  } catch (error) {
    answer = { failure: (error as Error).message };
  }
  postMessage(answer);
});
