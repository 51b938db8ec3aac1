import type { MemoryMap } from './profile.ts';

/** Bytes of the intermediates that are live at each dispatch: what no plan can do without. */
export function liveBytes({ residents, dispatches }: MemoryMap): number[] {
  const changes = new Array<number>(dispatches + 1).fill(0);
  for (const { bytes, first, last } of residents) {
    changes[Math.min(first, dispatches)]! += bytes;
    changes[Math.min(last + 1, dispatches)]! -= bytes;
  }
  let live = 0;
  return changes.slice(0, dispatches).map((change) => {
    live += change;
    return live;
  });
}
