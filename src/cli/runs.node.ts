/** `normface runs`: the runs of a folder as a table. */

import path from 'node:path';
import { countText } from '../common/format.ts';
import { formatTable } from '../common/table.ts';
import { listRuns } from '../normface/overview/list-runs.node.ts';
import type { RunOrder } from '../normface/overview/run-orders.ts';
import { runsTable } from '../normface/overview/runs-table.ts';
import type { Context } from './context.node.ts';

export async function runs(context: Context, folder: string, { sort }: { readonly sort: RunOrder }) {
  const { runs: found, problems } = listRuns(folder, sort);
  for (const problem of problems) context.warn(problem);
  for (const summary of found) context.emit(summary);
  if (found.length === 0) {
    context.say(`there are no runs in ${folder}`);
    return undefined;
  }
  const nameOf = (run: string) => path.relative(folder, run) || path.basename(path.resolve(run));
  context.say(formatTable(runsTable(found, nameOf)));
  const broken = found.filter(({ state }) => state === 'broken').length;
  if (broken > 0)
    context.say(
      `${countText(broken, 'folder')} of ${countText(found.length, 'run')} cannot be read as a run`,
    );
  return undefined;
}
