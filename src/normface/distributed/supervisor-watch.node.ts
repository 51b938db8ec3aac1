/** Whether the supervisor is gone, which nothing but the end of its pipe says at first. */

import os from 'node:os';
import { isRunning } from '../../common/temporary.node.ts';
import type { SupervisorPlace } from './orders.ts';

/** Milliseconds. */
export interface WatchTimes {
  /** Between looks at a process of this host. */
  readonly look: number;
  /** What a launcher may take to end the ranks of other hosts: as long as a supervisor waits for it. */
  readonly elsewhere: number;
}

const usualTimes: WatchTimes = { look: 500, elsewhere: 30_000 };

/**
 * Calls `gone` when the supervisor, from which nothing more can come, does not run any more. The end of its pipe alone is no sign of
 * that: launchers close it, too, when they end all ranks because one of them died. On another host nobody can look; there it counts as
 * gone when this rank still runs after the time that a launcher takes to end it.
 * @returns ends the watch
 */
export function watchSupervisor(
  { pid, host }: SupervisorPlace,
  gone: () => void,
  { look, elsewhere }: WatchTimes = usualTimes,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const isHere = host === os.hostname();
  const check = () => {
    if (isHere && isRunning(pid)) wait();
    else gone();
  };
  const wait = () => {
    // It must not keep the process alive.
    timer = setTimeout(check, isHere ? look : elsewhere).unref();
  };
  if (isHere) check();
  else wait();
  return () => clearTimeout(timer);
}
